// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineClient
internal import ModelStore

/// `baigo engine rollback`: back to the engine before.
struct EngineRollback: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Go back to the engine that was used before.",
        discussion: """
            Moves back along the history, past engines that are removed, in the end to the one that came with baigo. The \
            engine is proved first, as by activate.

              baigo engine rollback

            Exit statuses: 3 nothing older, 4 damaged, 6 it does not work here, 7 the store is held by another.
            """)

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let trial = EngineTrialRun(.ofThisHost())
        let result = try Host(context).store().rollbackEngine(wait: writing.duration) { try trial.prove($0) }
        try result.report(output, context)
    }
}
