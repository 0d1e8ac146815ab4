// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `baigo engine`: engines as packages.
struct EngineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine",
        abstract: "Keep the engines that models run on.",
        discussion: """
            An engine pack (.baiengine) holds programs and libraries. It is code: it needs a signature by a key that is \
            trusted for engines, or its digest named, before anything of it is run.
            """,
        subcommands: [
            EngineList.self, EngineShow.self, EngineExport.self, EngineImport.self, EngineActivate.self,
            EngineRollback.self,
            EngineHistory.self, EngineRemove.self, EngineDevices.self,
        ])
}
