// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc

/// The versions that a store has to hold as its audit log tells: imported, and not removed since.
///
/// An import that was begun and not ended counts for nothing; of what a removal names nothing is known until it ended.
/// What a log tells that begins later counts for nothing, nor do lines from before a gap: it may hold the removal.
struct RecordedVersions {
    private static let batch = 2048

    /// The number of the line that ended the import, by `name:version~identity`.
    private(set) var lines: [String: Int64] = [:]
    /// The number that the next file has to begin with.
    private var next: Int64 = 1
    /// What the last removal names, as it stood before; its outcome tells what of it is gone.
    private var leaving: (intent: Int64, name: Substring, lines: [String: Int64]) = (0, "", [:])

    /// Reads a log.
    ///
    /// - Throws: `FileError`; `CancellationError`, where it is cancellable.
    init(in audit: Folder, isCancellable: Bool) throws {
        for part in try AuditFiles(in: audit).parts { try take(part, isCancellable) }
    }

    private mutating func take(_ part: AuditFiles.Part, _ isCancellable: Bool) throws {
        if let closed = part.closed {
            if closed.first != next { forget() }
            next = closed.last + 1
        }
        var reader = LineReader(part.file)
        var isFirst = part.closed == nil
        var batch: [[UInt8]] = []
        while let line = try reader.next() {
            if isFirst, let first = AuditLine(reading: line.bytes) {
                if first.sequence != next { forget() }
                isFirst = false
            }
            guard line.isTerminated, Self.mayCount(line.bytes) else { continue }
            batch.append(line.bytes)
            if batch.count == Self.batch {
                try settle(batch, isCancellable)
                batch = []
            }
        }
        try settle(batch, isCancellable)
    }

    private mutating func forget() {
        lines = [:]
        leaving.lines = [:]
    }

    private mutating func settle(_ batch: [[UInt8]], _ isCancellable: Bool) throws {
        for line in try Parallel.map(batch, isCancellable: isCancellable, { AuditLine(reading: $0) }) {
            if let line { take(line) }
        }
    }

    /// Whether a line may be one of the few kinds that count, told without reading it as JSON.
    private static func mayCount(_ line: [UInt8]) -> Bool {
        line.withUnsafeBytes { bytes in
            holds(bytes, #"operation":"remove""#)
                || (holds(bytes, #"operation":"import""#) && holds(bytes, #"kind":"outcome""#))
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
            leaving = (line.sequence, model.prefix { $0 != ":" }, [:])
            for key in keys(line) { leaving.lines[key] = lines.removeValue(forKey: key) }
        case ("remove", .outcome):
            guard line.intent == leaving.intent else { return }
            switch line.result {
            case .undone: lines.merge(leaving.lines) { $1 }
            case .recovered where line.event.details["folders"] != nil:
                let gone = Set(keys(line))
                lines.merge(leaving.lines.filter { !gone.contains($0.key) }) { $1 }
            default: break
            }
            leaving.lines = [:]
        default: return
        }
    }

    private func keys(_ line: AuditLine) -> [String] {
        (line.event.details["folders"]?.array ?? []).compactMap { $0.string.map { "\(leaving.name):\($0)" } }
    }
}
