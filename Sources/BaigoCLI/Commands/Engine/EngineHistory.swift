// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore

/// `baigo engine history`: which engines were used.
struct EngineHistory: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show which engines were used, and since when.",
        discussion: """
              baigo engine history --json

            Exit statuses: 4 damaged history.
            """)

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let entries = try Host(context).store().engineHistory()
        guard !output.json else { return try context.output.result(["history": .array(entries.map(\.json))]) }
        var table = TextTable("AT", "ACTION", "ENGINE", "BY")
        table.rows = entries.map { [$0.at, $0.action, $0.reference, $0.by] }
        try context.output.text(table.text)
    }
}
