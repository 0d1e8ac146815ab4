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

            The active version of a name is marked with *. Exit statuses: 3 no such model.
            """)

    @Argument(help: "Show every version of this model.")
    var model: String?

    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let store = try Host(context).store()
        let versions: [StoredVersion]
        if let model {
            versions = try listing(of: model, store).versions
        } else {
            versions = try store.list().models.flatMap(\.versions)
        }
        if output.json {
            try context.output.result(["models": .array(versions.map(\.json))])
        } else if output.quiet {
            for version in versions { try context.output.line(version.exactReference.description) }
        } else if versions.isEmpty {
            try context.errorOutput.line("the store is empty")
        } else {
            try context.output.text(table(versions).text)
        }
    }

    private func listing(of model: String, _ store: ModelStore) throws -> StoredModel {
        let name = try store.resolve(ModelReference(model), checkingSizes: false).version.name
        guard let found = try store.list(name).models.first else {
            throw StoreError(.modelNotFound, "there is no model \(name) in the store", hint: "See baigo list.")
        }
        return found
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
