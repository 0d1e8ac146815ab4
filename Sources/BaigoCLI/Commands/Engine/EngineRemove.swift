// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore

/// `baigo engine remove`: an engine leaves the store.
struct EngineRemove: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove an engine from the store.",
        discussion: """
              baigo engine remove llama-cpp:26.4.20-cpu

            Exit statuses: 3 no such engine, 7 the store is held by another, 64 it is in use and --force is missing.
            """)

    @Argument(help: "The engine: id, id:version or id:version-build.")
    var engine: String

    @Flag(help: "Remove it even if it is in use; then the engine that came with baigo is used.")
    var force = false

    @Flag(help: "Ask nothing.")
    var yes = false

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let store = try Host(context).store()
        var reference = try EngineReference(engine)
        if !yes {
            let found = try store.engine(reference).reference
            guard try context.terminal.confirm("Remove \(found)?", usingInput: true, remedy: "--yes") else {
                throw CLIError.declined
            }
            reference = try EngineReference(found)
        }
        let removed = try store.removeEngine(reference, forced: force, wait: writing.duration)
        guard output.json else { return try context.output.line("\(removed.reference): removed") }
        try context.output.result(["removed": .object(removed.json)])
    }
}
