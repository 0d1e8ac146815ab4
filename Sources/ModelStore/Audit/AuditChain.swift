// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// The state of a check of the log, file after file and line after line.
struct AuditChain {
    private(set) var head: AuditHead
    /// Heads that have to come yet.
    private var expected: Set<AuditHead>
    private let isCopy: Bool
    private var files: [String] = []
    /// Lines of this file, and of all files, that were read.
    private var lineNumber = 0
    private var totalLines = 0
    private var lastTime: Timestamp?
    private var torn: [SHA256Digest] = []
    private var tornBytes = 0
    private var recoveryLines: [Int] = []
    private var openIntents: [Int64] = []
    private var count: Int64 = 0

    /// Starts before the first line, or with the first line of a copy.
    init(head: AuditHead, expected: Set<AuditHead>, isCopy: Bool) {
        self.isCopy = isCopy
        self.head = head
        self.expected = expected.subtracting([head])
    }

    /// Takes all lines of a file.
    ///
    /// - Throws: `StoreError`, code `auditBroken`; `FileError`; `CancellationError`.
    mutating func take(_ part: AuditFiles.Part) throws {
        files.append(part.name)
        lineNumber = 0
        if let closed = part.closed, closed.first != head.sequence + 1 {
            throw broken("starts with line \(closed.first), and line \(head.sequence + 1) belongs there", isGap: true)
        }
        var lines = LineReader(part.file)
        while let line = try lines.next() {
            try Task.checkCancellation()
            try take(line)
        }
        guard let closed = part.closed else { return }
        guard torn.isEmpty else { throw broken("is no line, in a file that was closed") }
        guard head.sequence == closed.last else {
            throw broken("is number \(head.sequence), the last one, and the file's name says \(closed.last)")
        }
    }

    private mutating func take(_ read: LineReader.Line) throws {
        lineNumber += 1
        totalLines += 1
        let digest = try SHA256Digest(of: read.bytes + [0x0A])
        guard read.isTerminated, let line = AuditLine(reading: read.bytes) else {
            torn.append(digest)
            tornBytes += read.bytes.count + (read.isTerminated ? 1 : 0)
            return
        }
        guard line.sequence <= AuditLine.maximumSequence else { throw broken("has a number that no line has") }
        if isCopy, count == 0 {
            // Where a copy starts is taken as it says; its own lines and the expected one bind it.
            let before = line.event.details["after"]?.string.flatMap { SHA256Digest(hex: $0) }
            head = AuditHead(
                sequence: line.sequence - 1, digest: line.kind == .recovery ? before ?? head.digest : line.previous)
            expected.remove(head)
        }
        count += 1
        guard line.sequence == head.sequence + 1 else {
            throw broken("has number \(line.sequence) where \(head.sequence + 1) belongs", isGap: lineNumber == 1)
        }
        if torn.isEmpty {
            guard line.kind != .recovery, line.previous == head.digest else {
                throw broken("does not follow from the line before it")
            }
        } else {
            let named = line.event.details["torn"]?.array?.compactMap { $0.string.flatMap { SHA256Digest(hex: $0) } }
            guard line.kind == .recovery, named == torn, line.previous == torn.last,
                line.event.details["after"]?.string == head.digest.hex
            else { throw broken("follows bytes that are no line and that it does not account for") }
            recoveryLines.append(totalLines)
            torn = []
            tornBytes = 0
        }
        if let lastTime, line.time < lastTime,
            line.event.details[AuditLine.clockBack]?.string != lastTime.description
        {
            throw broken("is earlier than the line before it")
        }
        lastTime = line.time
        head = AuditHead(sequence: line.sequence, digest: digest)
        expected.remove(head)
        if line.kind == .intent { openIntents.append(line.sequence) }
        if let intent = line.intent { openIntents.removeAll { $0 == intent } }
    }

    /// What was found, once every file was taken.
    ///
    /// - Throws: `StoreError`: `auditBroken`, `auditUnexpected`.
    func verification() throws -> AuditLog.Verification {
        if torn.count > AuditTail.maximumTorn { throw broken("ends what is no audit log any more") }
        if let missing = expected.min(by: { $0.sequence < $1.sequence }) {
            let others = expected.count > 1 ? " and \(expected.count - 1) more" : ""
            throw StoreError(
                .auditUnexpected, "the audit log does not contain the line \(missing)\(others)",
                hint: "The log was cut or replaced; look for a copy that contains it.")
        }
        return AuditLog.Verification(
            head: head, lines: count, files: files, recoveryLines: recoveryLines, tornBytes: tornBytes,
            openIntents: openIntents)
    }

    private func broken(_ reason: String, isGap: Bool = false) -> StoreError {
        let place = (files.last ?? AuditFiles.openName).escapedForOneLine
        let hint =
            isGap && !isCopy
            ? "A file of the log, or its beginning, is gone: put it back from a backup or an export."
            : "The log was changed after it was written; compare it with the heads that receipts and reports hold."
        return StoreError(.auditBroken, "audit log: line \(max(lineNumber, 1)) of \(place) \(reason)", hint: hint)
    }
}
