// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// Appends to the audit log; exists only while the store's lock is held.
///
/// A line counts once it is synced. What a writer that died left at the end is never removed: it is ended by an LF
/// and named in a line of kind `recovery`, so that it cannot be taken for an edit.
final class AuditWriter {
    private let folder: Folder
    private let context: StoreContext
    private var file: OwnedDescriptor
    private var size: Int64
    /// The number of the first line of the file.
    private var first: Int64
    /// The last line.
    private var last: AuditLine?
    /// Whether the next line may be earlier than the last one.
    private var isClockAccepted = false
    /// Why nothing can be written any more.
    private var failure: FileError?
    /// The last line's number and digest.
    private(set) var head: AuditHead
    /// The last line, where it says that something was about to be done and nothing after it says how it ended.
    private(set) var openIntent: AuditLine?

    /// Opens the log of an `audit` folder, making it if it is missing.
    ///
    /// - Parameters:
    ///   - folder: The folder.
    ///   - context: Who writes, and when.
    ///   - future: The last line, where it is known that it was written by a clock that was ahead: then the log goes on
    ///     before its time, and says so.
    /// - Throws: `FileError`, code `clock`, when the clock is before the last line; `StoreError`, code `auditBroken`, also
    ///   where a closed file is gone; `auditUnexpected` where `future` is not the last line.
    init(in folder: Folder, context: StoreContext, accepting future: AuditHead? = nil) throws {
        self.folder = folder
        self.context = context
        let closed = try AuditFiles.closed(in: folder)
        let present = try folder.status(of: AuditFiles.openName)
        guard present.map({ $0.kind == .regular }) ?? true else {
            throw StoreError(
                .auditBroken, "\(folder.path(of: AuditFiles.openName).escapedForOneLine) is not a regular file",
                hint: "Move it away, and put the log back from a backup or an export.")
        }
        let isNew = present == nil
        file = try folder.file(appending: AuditFiles.openName)
        if isNew { try folder.sync() }
        let tail = try AuditTail(of: file)
        size = tail.size
        first = try Self.next(after: closed)
        last = try tail.last ?? Self.lastLine(of: closed.last, in: folder)
        head = try AuditHead(of: last)
        // A closed file ends with no open intent.
        openIntent = tail.statement?.kind == .intent ? tail.statement : nil
        guard head.sequence <= AuditLine.maximumSequence else {
            throw StoreError(
                .auditBroken,
                "audit log: the last line of \(file.path.escapedForOneLine) has a number that no line has",
                hint: "Restore the file from a backup; compare it with the heads that receipts and reports hold.")
        }
        try checkStart(tail)
        let ahead = try accept(future)
        try checkClock()
        if tail.isUnterminated { try write([0x0A]) }
        if !tail.torn.isEmpty { try recordTorn(tail.torn) }
        if let ahead { try recordClock(ahead) }
    }

    /// Whether the last line is the one that is known to be of the future; `nil` where the clock is not behind it.
    private func accept(_ future: AuditHead?) throws(StoreError) -> AuditLine? {
        guard let future else { return nil }
        guard future == head else {
            throw StoreError(
                .auditUnexpected, "the last line of the audit log is \(head), not \(future)",
                hint: "Look at it with baigo audit show, then name it as baigo audit verify does.")
        }
        guard let last, context.clock() < last.time else { return nil }
        isClockAccepted = true
        return last
    }

    /// Says that the line before was written by a clock that was ahead; an intent before it stays open.
    private func recordClock(_ ahead: AuditLine) throws {
        let open = openIntent
        _ = try append(
            .outcome,
            AuditEvent(
                AuditLine.clockReset,
                details: ["line": .integer(ahead.sequence), "time": .string(ahead.time.description)]), result: .done)
        openIntent = open
    }

    /// The number that follows those of the closed files.
    private static func next(after closed: [ClosedAuditFile]) throws(StoreError) -> Int64 {
        var next: Int64 = 1
        for file in closed {
            guard file.first == next else { throw gap(next, until: file.first) }
            next = file.last + 1
        }
        return next
    }

    /// The last line of a closed file, where the file that follows has none yet.
    private static func lastLine(of closed: ClosedAuditFile?, in folder: Folder) throws -> AuditLine? {
        guard let closed else { return nil }
        let file = try folder.file(reading: closed.name)
        let tail = try AuditTail(of: file)
        guard tail.torn.isEmpty, !tail.isUnterminated, let last = tail.last, last.sequence == closed.last else {
            throw StoreError(
                .auditBroken, "audit log: \(file.path.escapedForOneLine) does not end with line \(closed.last)",
                hint: "Put the file back from a backup or an export; compare it with the heads that receipts hold.")
        }
        return last
    }

    /// Refuses a file that does not go on where the closed ones end.
    private func checkStart(_ tail: AuditTail) throws {
        guard tail.last != nil else { return }
        var lines = LineReader(file)
        while let line = try lines.next() {
            guard let line = AuditLine(reading: line.bytes) else { continue }
            guard line.sequence == first else { throw Self.gap(first, until: line.sequence) }
            return
        }
    }

    private static func gap(_ wanted: Int64, until found: Int64) -> StoreError {
        StoreError(
            .auditBroken, "audit log: line \(found) is found where line \(wanted) belongs",
            hint: "A file of the log, or its beginning, is gone: put it back from a backup or an export.")
    }

    /// Closes the file under a name that says which lines it holds, and starts a new one that goes on from there.
    ///
    /// Killed in between, the next writer starts the new file.
    ///
    /// - Returns: What was closed; `nil` where there is nothing but the line that says so of the file before, or the
    ///   outcome of a change is still to be written.
    /// - Throws: `FileError`.
    func rotate() throws -> ClosedAuditFile? {
        let isFresh = head.sequence == first && last?.event.operation == Self.rotation
        guard openIntent == nil, head.sequence >= first, !isFresh else { return nil }
        try checkClock()
        let closed = ClosedAuditFile(first: first, last: head.sequence)
        try file.sync()
        try folder.rename(AuditFiles.openName, toNew: closed.name, in: folder)
        try startFile()
        try append(.outcome, AuditEvent(Self.rotation, details: ["closed": .string(closed.name)]), result: .done)
        return closed
    }

    private static let rotation = "audit.rotate"

    private func startFile() throws(FileError) {
        do throws(FileError) {
            try folder.sync()
            file = try folder.file(appending: AuditFiles.openName)
            try folder.sync()
        } catch {
            // Nothing goes into the closed file any more; the next writer starts the new one.
            failure = error
            throw error
        }
        size = 0
        first = head.sequence + 1
    }

    /// Closes a file that has grown large.
    ///
    /// One that cannot be renamed, since it may only be appended to for example, is
    /// gone on with.
    private func rotateIfLarge() throws {
        guard size >= context.auditFileBytes, failure == nil else { return }
        do {
            _ = try rotate()
        } catch {
            if failure != nil { throw error }
        }
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

    @discardableResult
    private func append(
        _ kind: AuditLine.Kind, _ event: AuditEvent, result: AuditLine.Result? = nil, error: String? = nil,
        intent: Int64? = nil, following previous: SHA256Digest? = nil
    ) throws -> AuditHead {
        if openIntent == nil, kind != .recovery { try rotateIfLarge() }
        let time = try checkClock()
        var details = event.details.mapValues(\.escapedForOneLine)
        if let last, time < last.time { details[AuditLine.clockBack] = .string(last.time.description) }
        let safe = AuditEvent(
            event.operation, model: event.model, identity: event.identity, details: details)
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
        last = line
        isClockAccepted = false
        openIntent = kind == .intent ? line : nil
        return head
    }

    private func write(_ bytes: [UInt8]) throws {
        if let failure { throw failure }
        do {
            try bytes.withUnsafeBytes { try file.append($0) }
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
        if let lastTime = last?.time, now < lastTime, !isClockAccepted {
            throw FileError(
                .clock, "the clock says \(now), which is before the last line of the audit log (\(lastTime))",
                hint: "Set the clock of this host. If it is right, and was wrong when that line was written, run "
                    + "baigo audit reset-clock \(head).")
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
