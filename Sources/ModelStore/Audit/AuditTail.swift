// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// The end of an audit log: its last good line, and what a writer that died left behind it.
struct AuditTail {
    /// Bytes of a line at the most, LF included.
    static let maximumLine = 1 << 20
    /// Lines that writers that died can leave one after another before it looks like something else.
    static let maximumTorn = 8

    /// The last line that is one; `nil` in an empty log.
    let last: AuditLine?
    /// The last line that does not just account for what a writer left that died, or for its clock.
    let statement: AuditLine?
    /// Digests, LF included, of what follows the last line and is none.
    let torn: [SHA256Digest]
    /// Whether the file ends without LF.
    let isUnterminated: Bool
    /// Bytes of the file.
    let size: Int64

    /// Reads the end of a log.
    ///
    /// - Throws: `StoreError`, code `auditBroken`, when more than a few lines at the end are none; `FileError`.
    init(of file: OwnedDescriptor) throws {
        let size = try file.status().size
        var reach: Int64 = 64 << 10
        while true {
            let start = max(0, size - reach)
            var bytes = try file.bytes(at: start, count: Int(size - start))[...]
            if start > 0 {
                let lineFeed = bytes.firstIndex(of: 0x0A)
                bytes = lineFeed.map { bytes[($0 + 1)...] } ?? []
            }
            let isUnterminated = !bytes.isEmpty && bytes.last != 0x0A
            var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            if !isUnterminated, !lines.isEmpty { lines.removeLast() }
            let found = lines.lastIndex { AuditLine(reading: $0) != nil }
            let statement = lines[..<(found.map { $0 + 1 } ?? lines.startIndex)].reversed().lazy
                .compactMap { AuditLine(reading: $0) }.first {
                    $0.kind != .recovery && $0.event.operation != AuditLine.clockReset
                }
            if statement == nil, start > 0, reach <= Int64(Self.maximumLine * Self.maximumTorn) {
                reach *= 2
                continue
            }
            let after = found.map { lines[($0 + 1)...] } ?? lines[...]
            guard after.count <= Self.maximumTorn, start == 0 || found != nil else {
                throw StoreError(
                    .auditBroken, "the end of \(file.path.escapedForTerminal) is not an audit log",
                    hint: "Restore the file from a backup; compare it with the heads that receipts and reports hold.")
            }
            last = found.flatMap { AuditLine(reading: lines[$0]) }
            self.statement = statement
            torn = try after.map { try SHA256Digest(of: Array($0) + [0x0A]) }
            self.isUnterminated = isUnterminated
            self.size = size
            return
        }
    }
}

extension AuditHead {
    /// Before the first line: number 0 and the digest of no bytes.
    package static var empty: AuditHead {
        get throws(BundleError) { AuditHead(sequence: 0, digest: try SHA256Digest(of: [])) }
    }

    /// The head that a line is; without one that before the first line.
    ///
    /// - Throws: `BundleError` when OpenSSL fails.
    init(of line: AuditLine?) throws(BundleError) {
        guard let line else {
            self = try .empty
            return
        }
        self.init(sequence: line.sequence, digest: try SHA256Digest(of: line.bytes))
    }
}
