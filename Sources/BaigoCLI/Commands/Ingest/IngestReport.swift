// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import ModelStore
internal import SystemPackage

/// The report of one run: JSON, and the same as text beside it.
struct IngestReport {
    private let startedAt = Timestamp.now
    private let store: ModelStore
    private let context: StoreContext
    /// Warnings of the whole run.
    private let warnings: [Warning]

    init(_ store: ModelStore, _ context: StoreContext, warnings: [Warning]) {
        self.store = store
        self.context = context
        self.warnings = warnings
    }

    /// Refuses to write over a file that is no report.
    ///
    /// - Throws: `FileError`, code `exists`, and what the system says of folder and files.
    static func check(_ path: FilePath) throws {
        let (folder, name) = try SmallFile.place(path.string)
        for (name, isText) in [(name, false), (textName(of: name), true)] {
            guard let present = try folder.status(of: name) else { continue }
            if present.kind == .regular {
                let start = try folder.file(reading: name).bytes(at: 0, count: 64 << 10)
                if start.isEmpty || isReport(String(decoding: start, as: UTF8.self), isText: isText) { continue }
            }
            throw FileError(
                .exists, "\(folder.path(of: name).escapedForTerminal) exists and is no report of baigo ingest",
                hint: "Name another file for the report.")
        }
    }

    private static func isReport(_ start: String, isText: Bool) -> Bool {
        guard !isText else { return start.hasPrefix("begun: ") && start.contains("\nended: ") }
        return start.hasPrefix("{\n")
            && ["complete", "counts", "packages"].allSatisfy { start.contains("\n  \"\($0)\": ") }
    }

    private static func textName(of name: String) -> String {
        (name.hasSuffix(".json") ? String(name.dropLast(5)) : name) + ".txt"
    }

    /// Where the text stands.
    static func textPath(of path: FilePath) -> FilePath {
        guard let name = path.lastComponent?.string else { return path }
        return path.removingLastComponent().appending(textName(of: name))
    }

    /// Looks at what the report says of the store.
    ///
    /// - Throws: `FileError`, `StoreError`; such a report has null in its place.
    func checkStore() throws {
        _ = try store.state()
        _ = try store.auditLog().head()
    }

    private var storeID: String? { (try? store.state())?.storeID }
    private var head: AuditHead? { try? store.auditLog().head() }

    /// The report as it is now.
    func json(_ records: [IngestRecord], isComplete: Bool) -> [String: JSONValue] {
        var counts: [String: JSONValue] = [:]
        for (status, group) in Dictionary(grouping: records, by: \.status) {
            counts[status.rawValue] = .integer(Int64(group.count))
        }
        return [
            "schemaVersion": 1, "complete": .bool(isComplete), "startedAt": .string(startedAt.description),
            "endedAt": isComplete ? .string(Timestamp.now.description) : .null,
            "by": .string("\(context.user)@\(context.host)"), "program": .string(context.program),
            "home": .string(store.path.string), "storeID": .text(storeID),
            "counts": .object(counts), "packages": .array(records.map(\.json)),
            "warnings": warnings.json, "audit": head?.json ?? .null,
        ]
    }

    /// Writes both forms, each in one step over an older one.
    ///
    /// - Throws: `FileError`.
    func publish(_ records: [IngestRecord], at path: FilePath, isComplete: Bool) throws {
        let (folder, name) = try SmallFile.place(path.string)
        try folder.publish(JSONValue.object(json(records, isComplete: isComplete)).prettyBytes, as: name, mode: 0o644)
        try folder.publish(
            Array(text(records, isComplete: isComplete).utf8), as: Self.textName(of: name), mode: 0o644)
    }

    private func text(_ records: [IngestRecord], isComplete: Bool) -> String {
        var card = TextCard()
        card.add("begun", startedAt.description)
        card.add("ended", isComplete ? Timestamp.now.description : "not yet")
        card.add("by", "\(context.user)@\(context.host), \(context.program)")
        card.add("store", "\(store.path.string), \(storeID ?? "none yet")")
        card.add("audit", head?.description)
        let noted = warnings.map { "warning: \($0.message)\n".escapedForTerminal }.joined()
        return card.text + noted + records.map { "\n\($0.line)\n" + $0.details }.joined()
    }
}
