// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore

/// `baigo gc`: room that nothing needs.
struct StoreCollect: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Remove contents that no version needs, and what interrupted imports staged.",
        discussion: """
            Receipts and manifests say what is needed; while one of them cannot be read, or a version is lost (see \
            baigo check), nothing is removed. Quarantined files stay. An import that was interrupted goes on from what \
            it staged, and begins anew once that is removed.

              baigo gc --dry-run
              baigo gc --grace 0

            Exit statuses: 4 a version cannot be read or is lost, 7 the store is held by another.
            """)

    @Flag(help: "Show what would be removed; change nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp("Keep what an interrupted import staged unless it is this old.", valueName: "seconds"))
    var grace: Int = 86_400

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if grace < 0 { throw ValidationError("--grace is a number of seconds.") }
    }

    func run(in context: CommandContext) throws {
        let result = try Host(context).store().collectGarbage(
            dryRun: dryRun, grace: .seconds(grace), wait: writing.duration)
        guard !output.json else { return try context.output.result(result.json) }
        let verb = dryRun ? "would be removed" : "removed"
        if !output.quiet {
            for blob in result.blobs { try context.output.line("\(blob.digest.hex): \(verb), \(blob.size)") }
            for entry in result.staged {
                try context.output.line("\(Self.shown(entry)): \(verb), \(entry.size)")
            }
            for entry in result.young {
                try context.output.line("\(Self.shown(entry)): kept, changed \(entry.changedAt), \(entry.size)")
            }
        }
        try context.output.line("\(dryRun ? "would free" : "freed"): \(result.freed)")
    }

    private static func shown(_ entry: StagedImport) -> String {
        let model = entry.model.map { " (\($0.escapedForOneLine))" } ?? ""
        return "staging/\(entry.name.escapedForOneLine)\(model)"
    }
}

extension CollectionResult {
    fileprivate var json: [String: JSONValue] {
        [
            "dryRun": .bool(isDryRun), "freedBytes": .integer(freed.bytes),
            "blobs": .array(blobs.map { ["sha256": .string($0.digest.hex), "size": .integer($0.size.bytes)] }),
            "staged": .array(staged.map(\.json)), "kept": .array(young.map(\.json)), "audit": audit?.json ?? .null,
        ]
    }
}

extension StagedImport {
    /// The shape that `gc` and `doctor` share.
    var json: JSONValue {
        [
            "name": .string(name), "model": .text(model), "from": .text(origin), "size": .integer(size.bytes),
            "changedAt": .string(changedAt.description),
        ]
    }
}
