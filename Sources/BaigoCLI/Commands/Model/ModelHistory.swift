// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo history`: which versions were active.
struct ModelHistory: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show which versions of a model were active, and since when.",
        discussion: """
              baigo history qwen2.5-7b-instruct --json

            Exit statuses: 3 no such model, 4 damaged history.
            """)

    @Argument(help: "The model.")
    var model: String

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let entries = try Host(context).shelf().history(of: ModelReference(model))
        if output.json {
            try context.output.result(["history": .array(entries.map(\.json))])
            return
        }
        var table = TextTable("AT", "ACTION", "VERSION", "IDENTITY", "BY")
        table.rows = entries.map { entry in
            [
                entry.at.description, entry.action.rawValue, entry.version.description,
                String(entry.identity.hex.prefix(12)), entry.by,
            ]
        }
        try context.output.text(table.text)
    }
}
