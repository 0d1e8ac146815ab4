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
              baigo list --index -o inventory.json --sqlite inventory.sqlite --key audit@example.org

            Without a model or --all each name stands once, with its active version, or the newest where none is active. \
            The active version of a name is marked with *, a pinned one with p. \
            Where all users of this host share a store, its models stand below the own ones, which come first when a \
            name is looked up.

            --index writes the inventory of one store to files: names, versions, digests, signers, engines and the head of \
            the audit log, each file with a detached signature FILE.asc where a key is named. Exit statuses: 3 no such model.
            """)

    @Argument(help: "Show every version of this model.")
    var model: String?

    @OptionGroup(title: "Which") var filter: ListFilter
    @OptionGroup(title: "Inventory") var inventory: InventoryOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if inventory.index, model != nil || !filter.isEmpty {
            throw ValidationError("--index is of the whole store; it goes with no model and no filter.")
        }
    }

    func run(in context: CommandContext) throws {
        if inventory.index { return try writeInventory(context) }
        let name = try model.map { model throws(StoreError) in try ModelReference(model).name }
        let listing = try Host(context).shelf().list(name)
        let rows = listing.models.flatMap { found in
            filter.versions(of: found.model, whole: model != nil).map { Row(place: found.place, version: $0) }
        }
        if output.json {
            try context.output.result([
                "models": .array(rows.map { $0.version.json(in: $0.place) }), "warnings": listing.warnings.json,
            ])
        } else if output.quiet {
            try context.output.text(rows.map { "\($0.version.exactReference)\n" }.joined())
        } else if rows.isEmpty {
            try context.errorOutput.line(listing.models.isEmpty ? "the store is empty" : "no model fits")
        } else {
            try context.output.text(table(rows).text)
        }
        if !output.json { try context.errorOutput.warnings(listing.warnings) }
    }

    private func writeInventory(_ context: CommandContext) throws {
        let host = try Host(context)
        let found = try host.store().inventory(
            createdAt: try context.packageTime(), createdBy: BaigoRelease.product)
        let key = try inventory.signing.signingKey(host, context)
        let files = InventoryFiles(
            inventory: found, key: key, isReplacing: inventory.force,
            sources: inventory.signing.files + host.storePlaces)
        let paths = [inventory.target, inventory.sqlite].compactMap(\.self).filter { $0 != "-" }
        for path in paths { try files.check(path) }
        if inventory.target == "-" {
            try context.output.write(found.json.prettyBytes)
        } else if let path = inventory.target {
            try files.writeJSON(path)
        }
        if let path = inventory.sqlite { try files.writeDatabase(path) }
        try context.errorOutput.warnings(found.warnings)
        guard inventory.target != "-" else { return }
        if output.json {
            try context.output.result([
                "files": .array(paths.map(JSONValue.string)), "versions": .integer(Int64(found.count)),
                "signedBy": .array([key?.fingerprint].compactMap(\.self).map(JSONValue.string)),
                "warnings": found.warnings.json,
            ])
        } else if !output.quiet {
            let signature = (key?.fingerprint).map { ", signed by \($0)" } ?? ""
            try context.output.line(
                "\(paths.joined(separator: ", ").escapedForOneLine): \(found.count) versions\(signature)")
        }
    }

    /// A version and the store that it is in.
    private struct Row {
        let place: StoreShelf.Place
        let version: StoredVersion
    }

    private func table(_ rows: [Row]) -> TextTable {
        var header = ["", "NAME", "VERSION", "SIZE", "ARCHITECTURE", "QUANTIZATION", "SIGNATURE", "IMPORTED"]
        let isShared = rows.contains { $0.place == .system }
        if isShared { header.append("STORE") }
        var table = TextTable(header)
        table.rows = rows.map { row in
            let version = row.version
            let cells = [
                (version.isActive ? "*" : "") + (version.isPinned ? "p" : ""), version.name.description,
                version.version.description, version.size.description, version.summary.architecture ?? "",
                version.summary.quantization ?? "", version.isTrusted ? "trusted" : version.signatureStatus,
                version.importedAt.description,
            ]
            return isShared ? cells + [row.place.rawValue] : cells
        }
        return table
    }
}
