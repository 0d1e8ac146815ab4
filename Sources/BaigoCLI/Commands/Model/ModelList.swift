// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo list`: the models of the store.
struct ModelList: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the models of the store, or all versions of one.",
        discussion: """
              baigo list
              baigo list qwen2.5-7b-instruct --json
              baigo list --name 'qwen*' --license apache-2.0 --all

            Without a model or --all each name stands once, with its active version, or the newest where none is active. \
            The active version of a name is marked with *. Exit statuses: 3 no such model.
            """)

    @Argument(help: "Show every version of this model.")
    var model: String?

    @OptionGroup(title: "Which") var filter: ListFilter
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let store = try Host(context).store()
        let listing = try store.list(try model.map { model throws(StoreError) in try ModelReference(model).name })
        let versions = listing.models.flatMap { filter.versions(of: $0, whole: model != nil) }
        if output.json {
            try context.output.result(["models": .array(versions.map(\.json)), "warnings": listing.warnings.json])
        } else if output.quiet {
            for version in versions { try context.output.line(version.exactReference.description) }
        } else if versions.isEmpty {
            try context.errorOutput.line(listing.models.isEmpty ? "the store is empty" : "no model fits")
        } else {
            try context.output.text(table(versions).text)
        }
        for warning in listing.warnings where !output.json {
            try context.errorOutput.line("warning: " + warning.message.escapedForTerminal)
        }
    }

    private func table(_ versions: [StoredVersion]) -> TextTable {
        var table = TextTable("", "NAME", "VERSION", "SIZE", "ARCHITECTURE", "QUANTIZATION", "SIGNATURE", "IMPORTED")
        table.rows = versions.map { version in
            [
                version.isActive ? "*" : "", version.name.description, version.version.description,
                version.size.description, version.summary.architecture ?? "", version.summary.quantization ?? "",
                version.isTrusted ? "trusted" : version.signatureStatus, version.importedAt.description,
            ]
        }
        return table
    }
}
