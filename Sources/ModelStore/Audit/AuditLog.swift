// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit
package import SystemPackage

/// The audit log as anyone who may read the store sees it.
package struct AuditLog: Sendable {
    private enum Place {
        case folder(Folder?)
        /// Lines that were copied elsewhere; the first need not be the log's first.
        case copy(OwnedDescriptor)
    }

    private let place: Place

    /// Reads the log of an `audit` folder; without one the log is empty.
    init(in folder: Folder?) {
        place = .folder(folder)
    }

    /// Reads lines that were copied out of a log.
    ///
    /// - Throws: `FileError`.
    package init(copy path: FilePath) throws(FileError) {
        place = .copy(try OwnedDescriptor.open(reading: path))
    }

    /// What a check of the whole log found.
    package struct Verification: Sendable, Equatable {
        /// The last line.
        package let head: AuditHead
        /// How many lines there are.
        package let lines: Int64
        /// Numbers, from 1, of lines in the file that say what a writer that died left before them.
        package let recoveryLines: [Int]
        /// Bytes at the end that are no line: a writer died, or the file was cut; the next writer records them.
        package let tornBytes: Int
        /// Sequence numbers of intents without an outcome.
        package let openIntents: [Int64]
    }

    /// The last line's number and digest.
    ///
    /// - Throws: `FileError`, `StoreError`.
    package func head() throws -> AuditHead {
        guard let file = try file() else { return try .empty }
        return try AuditTail(of: file).head()
    }

    /// Hands out all lines in order; bytes that are no line are skipped.
    ///
    /// - Parameter body: Returns whether to go on.
    /// - Throws: `FileError`, and what `body` throws.
    package func forEachLine(_ body: (AuditLine) throws -> Bool) throws {
        guard let file = try file() else { return }
        var lines = LineReader(file)
        while let line = try lines.next() {
            guard line.isTerminated, let line = AuditLine(reading: line.bytes) else { continue }
            guard try body(line) else { return }
        }
    }

    /// Checks that every line follows from the one before it.
    ///
    /// - Parameter expected: A head that the log must contain, as a receipt or report holds it.
    /// - Returns: The head, and what is odd without being wrong.
    /// - Throws: `StoreError`: `auditBroken` with the number of the line in the file, or `auditUnexpected`;
    ///   `FileError`.
    package func verify(expecting expected: AuditHead? = nil) throws -> Verification {
        let isCopy = if case .copy = place { true } else { false }
        var chain = AuditChain(head: try .empty, expected: expected, isCopy: isCopy)
        if let file = try file() {
            var lines = LineReader(file)
            while let line = try lines.next() {
                try Task.checkCancellation()
                try chain.take(line)
            }
        }
        return try chain.verification()
    }

    /// Lines of a log, as they are stored.
    package struct Copy: Sendable {
        package let bytes: [UInt8]
        package let lines: Int64
        /// The last line of the log.
        package let head: AuditHead
    }

    /// Checks the whole log and copies its lines from a time on; what a writer that died left stays among them.
    ///
    /// - Parameter since: Earlier lines are left out; `nil` for all.
    /// - Returns: The lines.
    /// - Throws: As `verify`.
    package func copy(since: Timestamp?) throws -> Copy {
        let head = try verify().head
        var copied: [UInt8] = []
        var pending: [UInt8] = []
        var count: Int64 = 0
        guard let file = try file() else { return Copy(bytes: [], lines: 0, head: head) }
        var lines = LineReader(file)
        while let line = try lines.next() {
            try Task.checkCancellation()
            guard line.isTerminated, let read = AuditLine(reading: line.bytes) else {
                pending += line.bytes + (line.isTerminated ? [0x0A] : [])
                continue
            }
            if copied.isEmpty, let since, read.time < since {
                pending = []
                continue
            }
            copied += pending + line.bytes + [0x0A]
            pending = []
            count += 1
            // Lines that other commands add meanwhile were not checked.
            if read.sequence == head.sequence { break }
        }
        return Copy(bytes: copied, lines: count, head: head)
    }

    private func file() throws -> OwnedDescriptor? {
        let folder: Folder?
        switch place {
        case .copy(let file): return file
        case .folder(let found): folder = found
        }
        guard let folder, try folder.status(of: AuditWriter.fileName) != nil else { return nil }
        return try folder.file(reading: AuditWriter.fileName)
    }
}

/// The state of a check of the log, line after line.
private struct AuditChain {
    private(set) var head: AuditHead
    private let expected: AuditHead?
    private var isExpectedSeen: Bool
    private var lineNumber = 0
    private var lastTime: Timestamp?
    private var torn: [SHA256Digest] = []
    private var tornBytes = 0
    private var recoveryLines: [Int] = []
    private var openIntents: [Int64] = []
    private var count: Int64 = 0
    private let isCopy: Bool

    init(head: AuditHead, expected: AuditHead?, isCopy: Bool) {
        self.isCopy = isCopy
        self.head = head
        self.expected = expected
        isExpectedSeen = expected.map { $0 == head } ?? true
    }

    mutating func take(_ read: LineReader.Line) throws {
        lineNumber += 1
        let digest = try SHA256Digest(of: read.bytes + [0x0A])
        guard read.isTerminated, let line = AuditLine(reading: read.bytes) else {
            torn.append(digest)
            tornBytes += read.bytes.count + (read.isTerminated ? 1 : 0)
            return
        }
        if isCopy, count == 0 {
            // Where a copy starts is taken as it says; its own lines and the expected one bind it.
            let before = line.event.details["after"]?.string.flatMap { SHA256Digest(hex: $0) }
            head = AuditHead(
                sequence: line.sequence - 1, digest: line.kind == .recovery ? before ?? head.digest : line.previous)
            if head == expected { isExpectedSeen = true }
        }
        count += 1
        guard line.sequence == head.sequence + 1 else {
            throw broken("has number \(line.sequence) where \(head.sequence + 1) belongs")
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
            recoveryLines.append(lineNumber)
            torn = []
            tornBytes = 0
        }
        if let lastTime, line.time < lastTime { throw broken("is earlier than the line before it") }
        lastTime = line.time
        head = AuditHead(sequence: line.sequence, digest: digest)
        if head == expected { isExpectedSeen = true }
        if line.kind == .intent { openIntents.append(line.sequence) }
        if let intent = line.intent { openIntents.removeAll { $0 == intent } }
    }

    func verification() throws -> AuditLog.Verification {
        if torn.count > AuditTail.maximumTorn { throw broken("ends what is no audit log any more") }
        guard isExpectedSeen else {
            throw StoreError(
                .auditUnexpected, "the audit log does not contain the line \(expected?.description ?? "")",
                hint: "The log was cut or replaced; look for a copy that contains it.")
        }
        return AuditLog.Verification(
            head: head, lines: count, recoveryLines: recoveryLines, tornBytes: tornBytes, openIntents: openIntents)
    }

    private func broken(_ reason: String) -> StoreError {
        StoreError(
            .auditBroken, "line \(lineNumber) of the audit log \(reason)",
            hint: "The log was changed after it was written; compare it with the heads that receipts and reports hold.")
    }
}
