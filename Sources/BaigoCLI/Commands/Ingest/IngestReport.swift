// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import ModelStore
internal import SystemPackage

/// The report of one run: JSON, and the same as text beside it.
struct IngestReport {
    private let startedAt = Timestamp.now
    private let store: ModelStore
    private let context: StoreContext

    init(_ store: ModelStore, _ context: StoreContext) {
        self.store = store
        self.context = context
    }

    /// The report as it is now.
    ///
    /// - Throws: `FileError`, `StoreError`.
    func json(_ records: [IngestRecord], isComplete: Bool) throws -> [String: JSONValue] {
        var counts: [String: JSONValue] = [:]
        for (status, group) in Dictionary(grouping: records, by: \.status) {
            counts[status.rawValue] = .integer(Int64(group.count))
        }
        return [
            "schemaVersion": 1, "complete": .bool(isComplete), "startedAt": .string(startedAt.description),
            "endedAt": isComplete ? .string(Timestamp.now.description) : .null,
            "by": .string("\(context.user)@\(context.host)"), "program": .string(context.program),
            "home": .string(store.path.string), "storeID": .text(try store.state()?.storeID),
            "counts": .object(counts), "packages": .array(records.map(\.json)),
            "audit": try store.auditLog().head().json,
        ]
    }

    /// Writes both forms, each in one step over an older one.
    ///
    /// - Throws: `FileError`, `StoreError`.
    func publish(_ records: [IngestRecord], at path: FilePath, isComplete: Bool) throws {
        guard let name = path.lastComponent?.string else {
            throw FileError(.wrongType, "\(path.string.escapedForOneLine) names no file")
        }
        let parent = path.removingLastComponent()
        let folder = try Folder.open(parent.isEmpty ? "." : parent)
        try folder.publish(
            JSONValue.object(try json(records, isComplete: isComplete)).prettyBytes, as: name, mode: 0o644)
        let base = name.hasSuffix(".json") ? String(name.dropLast(5)) : name
        try folder.publish(Array(try text(records, isComplete: isComplete).utf8), as: base + ".txt", mode: 0o644)
    }

    private func text(_ records: [IngestRecord], isComplete: Bool) throws -> String {
        var card = TextCard()
        card.add("begun", startedAt.description)
        card.add("ended", isComplete ? Timestamp.now.description : "not yet")
        card.add("by", "\(context.user)@\(context.host), \(context.program)")
        card.add("store", "\(store.path.string), \(try store.state()?.storeID ?? "none yet")")
        card.add("audit", try store.auditLog().head().description)
        return card.text + records.map { "\n\($0.line)\n" + $0.details }.joined()
    }
}
