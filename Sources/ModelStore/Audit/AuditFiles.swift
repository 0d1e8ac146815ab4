// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// A file of the audit log that is closed: its name says which lines it holds.
struct ClosedAuditFile: Sendable, Hashable {
    private static let start = "audit-"
    private static let end = ".jsonl"
    private static let digits = 12

    /// Sequence numbers of the first and the last line.
    let first: Int64
    let last: Int64

    /// Names the file for lines.
    init(first: Int64, last: Int64) {
        self.first = first
        self.last = last
    }

    /// Reads a name; `nil` for one that baigo does not give.
    init?(name: String) {
        guard name.hasPrefix(Self.start), name.hasSuffix(Self.end) else { return nil }
        let numbers = name.dropFirst(Self.start.count).dropLast(Self.end.count)
            .split(separator: "-", omittingEmptySubsequences: false)
        guard numbers.count == 2, let first = Int64(numbers[0]), let last = Int64(numbers[1]), first > 0, last >= first,
            last <= AuditLine.maximumSequence
        else { return nil }
        self.init(first: first, last: last)
        guard self.name == name else { return nil }
    }

    /// `audit-000000000001-000000000412.jsonl`: in the order of names the files are in the order of lines.
    var name: String { Self.start + Self.padded(first) + "-" + Self.padded(last) + Self.end }

    private static func padded(_ number: Int64) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(digits - text.count, 0)) + text
    }
}

/// The files of an audit log in the order of their lines: the closed ones, then the one that is written.
struct AuditFiles {
    /// A file of the log, open.
    struct Part {
        let name: String
        let file: OwnedDescriptor
        /// Which lines it has to hold; `nil` for the file that is written.
        let closed: ClosedAuditFile?
    }

    /// The file that is written.
    static let openName = "audit.jsonl"

    let parts: [Part]

    /// Opens the files of an `audit` folder, also while another process closes one.
    ///
    /// - Throws: `FileError`.
    init(in folder: Folder) throws(FileError) {
        // The written file first: if it is closed meanwhile, it is found again under its new name.
        var written: OwnedDescriptor?
        do throws(FileError) {
            written = try folder.file(reading: Self.openName)
        } catch {
            guard error.code == .notFound else { throw error }
        }
        var parts: [Part] = []
        for closed in try Self.closed(in: folder) {
            let file = try folder.file(reading: closed.name)
            if let open = written, try open.status().isSameFile(as: file.status()) { written = nil }
            parts.append(Part(name: closed.name, file: file, closed: closed))
        }
        if let written { parts.append(Part(name: Self.openName, file: written, closed: nil)) }
        self.parts = parts
    }

    /// Takes lines that were copied elsewhere.
    init(copy file: OwnedDescriptor, name: String) {
        parts = [Part(name: name, file: file, closed: nil)]
    }

    /// The closed files of a folder in the order of their lines.
    ///
    /// - Throws: `FileError`.
    static func closed(in folder: Folder) throws(FileError) -> [ClosedAuditFile] {
        try folder.namesAndOthers().names.compactMap(ClosedAuditFile.init(name:)).sorted {
            ($0.first, $0.last) < ($1.first, $1.last)
        }
    }

    /// The last line of all; `nil` in an empty log.
    ///
    /// - Throws: `StoreError`, code `auditBroken`, when a file ends in what is no line; `FileError`.
    func lastLine() throws -> AuditLine? {
        for part in parts.reversed() {
            if let line = try AuditTail(of: part.file).last { return line }
        }
        return nil
    }
}

extension AuditFiles {
    /// What was about to be done when the log ends, where nothing says how it ended.
    ///
    /// - Throws: As `lastLine()`.
    func openIntent() throws -> AuditLine? {
        guard let part = parts.last else { return nil }
        return try AuditTail(of: part.file).statement.flatMap { $0.kind == .intent ? $0 : nil }
    }
}
