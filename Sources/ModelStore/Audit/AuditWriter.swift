// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// Appends to the audit log; exists only while the store's lock is held.
///
/// A line counts once it is synced. What a writer that died left at the end is never removed: it is ended by an LF
/// and named in a line of kind `recovery`, so that it cannot be taken for an edit.
final class AuditWriter {
    static let fileName = "audit.jsonl"

    private let folder: Folder
    private let context: StoreContext
    private var file: OwnedDescriptor
    private var size: Int64
    private var lastTime: Timestamp?
    /// Why nothing can be written any more.
    private var failure: FileError?
    /// The last line.
    private(set) var head: AuditHead
    /// The last line, where it says that something was about to be done and nothing after it says how it ended.
    private(set) var openIntent: AuditLine?

    /// Opens the log of an `audit` folder, making it if it is missing.
    ///
    /// - Throws: `FileError`, code `clock`, when the clock is before the last line; `StoreError`, code `auditBroken`.
    init(in folder: Folder, context: StoreContext) throws {
        self.folder = folder
        self.context = context
        let isNew = try folder.status(of: Self.fileName) == nil
        file = try folder.file(appending: Self.fileName)
        if isNew { try folder.sync() }
        let tail = try AuditTail(of: file)
        size = tail.size
        lastTime = tail.last?.time
        head = try tail.head()
        openIntent = tail.last?.kind == .intent ? tail.last : nil
        try checkClock()
        if tail.isUnterminated { try write([0x0A]) }
        if !tail.torn.isEmpty { try recordTorn(tail.torn) }
    }

    /// Says that something is about to be committed.
    ///
    /// - Throws: `FileError`; then it must not be.
    func intent(_ event: AuditEvent) throws -> AuditHead {
        try append(.intent, event)
    }

    /// Says how something ended, and which line announced it, if one did.
    ///
    /// - Throws: `FileError`.
    @discardableResult
    func outcome(
        _ event: AuditEvent, _ result: AuditLine.Result, error: String? = nil, of intent: AuditHead? = nil
    ) throws -> AuditHead {
        try append(.outcome, event, result: result, error: error, intent: intent?.sequence)
    }

    private func recordTorn(_ torn: [SHA256Digest]) throws {
        let details: [String: JSONValue] = [
            "after": .string(head.digest.hex), "torn": .array(torn.map { .string($0.hex) }),
        ]
        let open = openIntent
        _ = try append(.recovery, AuditEvent("audit.recover", details: details), following: torn.last)
        openIntent = open
    }

    private func append(
        _ kind: AuditLine.Kind, _ event: AuditEvent, result: AuditLine.Result? = nil, error: String? = nil,
        intent: Int64? = nil, following previous: SHA256Digest? = nil
    ) throws -> AuditHead {
        let time = try checkClock()
        let safe = AuditEvent(
            event.operation, model: event.model, identity: event.identity,
            details: event.details.mapValues(\.escapedForOneLine))
        let line = AuditLine(
            sequence: head.sequence + 1, time: time, kind: kind, event: safe, result: result, error: error,
            intent: intent, by: "\(context.user)@\(context.host)", program: context.program,
            previous: previous ?? head.digest)
        let bytes = line.bytes
        guard bytes.count <= AuditTail.maximumLine else {
            throw StoreError(.auditBroken, "the audit line of this \(event.operation) would be too long")
        }
        try write(bytes)
        head = AuditHead(sequence: line.sequence, digest: try SHA256Digest(of: bytes))
        lastTime = time
        openIntent = kind == .intent ? line : nil
        return head
    }

    private func write(_ bytes: [UInt8]) throws {
        if let failure { throw failure }
        do {
            try bytes.withUnsafeBytes { try file.writeStream($0) }
            try file.sync()
        } catch {
            // A whole line on the medium or nothing. Where the cut is refused too, the next writer records the rest,
            // and this one writes no more.
            do throws(FileError) { try file.truncate(to: size) } catch { failure = error }
            throw error
        }
        size += Int64(bytes.count)
    }

    @discardableResult
    private func checkClock() throws(FileError) -> Timestamp {
        let now = context.clock()
        if let lastTime, now < lastTime {
            throw FileError(
                .clock, "the clock says \(now), which is before the last line of the audit log (\(lastTime))",
                hint: "Set the clock of this host.")
        }
        return now
    }
}

extension JSONValue {
    /// The value with every text in it on one line and without controls.
    var escapedForOneLine: JSONValue {
        switch self {
        case .string(let text): .string(text.escapedForOneLine)
        case .array(let elements): .array(elements.map(\.escapedForOneLine))
        case .object(let members): .object(members.mapValues(\.escapedForOneLine))
        case .null, .bool, .integer, .decimal: self
        }
    }
}
