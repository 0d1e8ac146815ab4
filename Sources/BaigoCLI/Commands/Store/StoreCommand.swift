// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// `baigo store`: the store as a whole.
struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Copy or move a whole store.",
        subcommands: [StoreDuplicate.self, StoreMoveAway.self])

    init() {}
}
