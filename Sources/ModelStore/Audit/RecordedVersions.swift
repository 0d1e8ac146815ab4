// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc

/// The versions that a store has to hold as its audit log tells: imported, and not removed since.
///
/// What was begun and not ended counts for nothing, nor does what a log tells that begins later. Of lines from before a
/// gap in the log nothing is known: the gap may hold the removal.
struct RecordedVersions {
    private static let batch = 2048

    /// The number of the line that ended the import, by `name:version~identity`.
    private(set) var lines: [String: Int64] = [:]
    /// The number that the next file has to begin with.
    private var next: Int64 = 1

    /// Reads a log.
    ///
    /// - Throws: `FileError`, `CancellationError`.
    init(in audit: Folder) throws {
        for part in try AuditFiles(in: audit).parts { try take(part) }
    }

    private mutating func take(_ part: AuditFiles.Part) throws {
        if let closed = part.closed {
            if closed.first != next { lines = [:] }
            next = closed.last + 1
        }
        var reader = LineReader(part.file)
        var isFirst = part.closed == nil
        var batch: [[UInt8]] = []
        while let line = try reader.next() {
            if isFirst, let first = AuditLine(reading: line.bytes) {
                if first.sequence != next { lines = [:] }
                isFirst = false
            }
            guard line.isTerminated, Self.mayCount(line.bytes) else { continue }
            batch.append(line.bytes)
            if batch.count == Self.batch {
                try settle(batch)
                batch = []
            }
        }
        try settle(batch)
    }

    private mutating func settle(_ batch: [[UInt8]]) throws {
        for line in try Parallel.map(batch, isCancellable: true, { AuditLine(reading: $0) }) {
            if let line { take(line) }
        }
    }

    /// Whether a line may be one of the few kinds that count, told without reading it as JSON.
    private static func mayCount(_ line: [UInt8]) -> Bool {
        line.withUnsafeBytes { bytes in
            (holds(bytes, #"operation":"import""#) && holds(bytes, #"kind":"outcome""#))
                || (holds(bytes, #"operation":"remove""#) && holds(bytes, #"kind":"intent""#))
        }
    }

    private static func holds(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard var place = bytes.baseAddress else { return false }
        let (end, length) = (place + bytes.count, text.utf8CodeUnitCount)
        while end - place >= length, let found = memchr(place, CInt(text.utf8Start[0]), end - place - length + 1) {
            if memcmp(found, text.utf8Start, length) == 0 { return true }
            place = UnsafeRawPointer(found) + 1
        }
        return false
    }

    private mutating func take(_ line: AuditLine) {
        guard let model = line.event.model else { return }
        switch (line.event.operation, line.kind) {
        case ("import", .outcome):
            guard line.result == .done || line.result == .recovered, let identity = line.event.identity else { return }
            lines["\(model)~\(identity.hex.prefix(StoreLayout.identityDigits))"] = line.sequence
        case ("remove", .intent):
            // However it ended: one that was cut short may have removed some of them.
            let name = model.prefix { $0 != ":" }
            for folder in line.event.details["folders"]?.array ?? [] {
                if let folder = folder.string { lines["\(name):\(folder)"] = nil }
            }
        default: return
        }
    }
}
