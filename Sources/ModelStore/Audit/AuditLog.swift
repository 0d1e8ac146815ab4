// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit
package import SystemPackage

/// The audit log as anyone who may read the store sees it: one chain of lines over all its files.
package struct AuditLog: Sendable {
    private enum Place {
        case folder(Folder?)
        /// Lines that were copied elsewhere; the first need not be the log's first.
        case copy(OwnedDescriptor, name: String)
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
        place = .copy(try OwnedDescriptor.open(reading: path), name: path.lastComponent?.string ?? path.string)
    }

    /// What a check of the whole log found.
    package struct Verification: Sendable, Equatable {
        /// The last line.
        package let head: AuditHead
        /// How many lines there are.
        package let lines: Int64
        /// Names of the files that hold them, in their order.
        package let files: [String]
        /// Numbers, from 1 over all files, of lines that say what a writer that died left before them.
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
        try AuditHead(of: try files()?.lastLine())
    }

    /// Hands out all lines in order; bytes that are no line are skipped.
    ///
    /// - Parameter body: Returns whether to go on.
    /// - Throws: `FileError`, and what `body` throws.
    package func forEachLine(_ body: (AuditLine) throws -> Bool) throws {
        for part in try files()?.parts ?? [] {
            var lines = LineReader(part.file)
            while let line = try lines.next() {
                guard line.isTerminated, let line = AuditLine(reading: line.bytes) else { continue }
                guard try body(line) else { return }
            }
        }
    }

    /// Checks that every line follows from the one before it.
    ///
    /// - Parameter expected: Heads that the log must contain, as receipts and reports hold them.
    /// - Returns: The head, and what is odd without being wrong.
    /// - Throws: `StoreError`: `auditBroken` with the file and the number of the line in it, or `auditUnexpected`;
    ///   `FileError`.
    package func verify(expecting expected: Set<AuditHead> = []) throws -> Verification {
        let isCopy = if case .copy = place { true } else { false }
        var chain = AuditChain(head: try .empty, expected: expected, isCopy: isCopy)
        for part in try files()?.parts ?? [] { try chain.take(part) }
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
        for part in try files()?.parts ?? [] {
            var lines = LineReader(part.file)
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
                if read.sequence == head.sequence { return Copy(bytes: copied, lines: count, head: head) }
            }
        }
        return Copy(bytes: copied, lines: count, head: head)
    }

    private func files() throws -> AuditFiles? {
        switch place {
        case .copy(let file, let name): AuditFiles(copy: file, name: name)
        case .folder(let folder): try folder.map { folder throws(FileError) in try AuditFiles(in: folder) }
        }
    }
}
