// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore

/// `baigo rollback`: back to the version before.
struct ModelRollback: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Go back to the version that was active before.",
        discussion: """
            Moves back along the history, past versions that are removed or damaged; the next activation starts from there.

              baigo rollback qwen2.5-7b-instruct

            Exit statuses: 3 no such model, or nothing older was active; 7 the store is held by another.
            """)

    @Argument(help: "The model.")
    var model: String

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let reference = try ModelReference(model)
        let result = try Host(context).own(reference) { try $0.rollback(reference, wait: writing.duration) }
        try result.report(output, context)
    }
}
