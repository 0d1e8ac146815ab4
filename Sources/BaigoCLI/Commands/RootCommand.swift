// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore

/// `baigo` itself: the list of commands.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baigo",
        abstract: "Carry language models across an air gap.",
        discussion: """
            A model becomes one signed file on the connected host; on the closed host the file is proved whole, put \
            into a store that loses no version, and run there without a network.

            Exit statuses: 0 done, 1 unexpected, 2 partly done, 3 not found, 4 damaged content, 5 signature, \
            6 engine, 7 environment, 8 exists already, 9 refused by policy, 64 usage, 129 hung up, 130 interrupted, \
            143 terminated, 141 output closed.
            """,
        version: BaigoRelease.product,
        groupedSubcommands: [
            CommandGroup(
                name: "Packages",
                subcommands: [
                    PackageExport.self, PackageSign.self, PackageInspect.self, PackageVerify.self, PackageImport.self,
                    PackageConvert.self, MediumIngest.self,
                ]),
            CommandGroup(
                name: "Store",
                subcommands: [
                    ModelList.self, ModelShow.self, ModelActivate.self, ModelRollback.self, ModelHistory.self,
                    ModelPin.self, ModelUnpin.self, ModelSet.self, ModelRemove.self, StoreCheck.self, StoreCollect.self,
                    StoreMeasure.self,
                    StoreCommand.self,
                ]),
            CommandGroup(
                name: "Models at work",
                subcommands: [
                    ModelRun.self, ModelChat.self, ModelEmbed.self, ModelRerank.self, ModelTokenize.self,
                    ModelBench.self,
                ]),
            CommandGroup(
                name: "Host", subcommands: [TrustCommand.self, AuditCommand.self, EngineCommand.self, HostDoctor.self]),
        ])

    init() {}
}
