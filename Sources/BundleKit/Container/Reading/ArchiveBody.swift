// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The entries of a seekable `.baimodel` file.
struct ArchiveBody: Sendable {
    /// Bytes of a signature, or of a file that is kept in memory, at the most.
    static let maximumSignature: Int64 = 1 << 20
    static let maximumModelSignature: Int64 = 4 << 20
    static let maximumMetadata: Int64 = 16 << 20

    let file: OwnedDescriptor
    let status: FileStatus
    let directory: ZipDirectory
    /// How the file ended before its signing was interrupted.
    private let journal: SigningJournal?
    private let entries: [String: ZipEntry]

    /// Whether what is read is not what the file holds now, but what it held before.
    var isRestored: Bool { journal != nil }

    /// Reads the structure; `journal` is that of an interrupted `sign`.
    ///
    /// - Throws: `BundleError`, `FileError`.
    init(reading file: OwnedDescriptor, through journal: SigningJournal? = nil) throws {
        self.file = file
        self.journal = journal
        status = try file.status()
        if let journal {
            directory = try ZipDirectory(reading: RestoredSource(package: file, journal: journal))
        } else {
            directory = try ZipDirectory(reading: FileZipSource(file: file, size: status.size))
        }
        entries = Dictionary(
            directory.entries.filter { !$0.isFolder }.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Names and sizes of all files, in the order of their data.
    var names: [(name: String, size: Int64)] {
        directory.entries.filter { !$0.isFolder }.map { ($0.name, $0.size) }
    }

    /// The whole of a small entry; `nil` where there is none of that name.
    ///
    /// - Throws: `BundleError`: `crcMismatch`, `structure` above `limit` bytes; `FileError`.
    func bytes(of name: String, limit: Int64) throws -> [UInt8]? {
        guard let entry = entries[name] else { return nil }
        guard entry.size <= limit else { throw BundleError.tooLarge(name, limit) }
        let bytes =
            try journal.map {
                try RestoredSource(package: file, journal: $0).bytes(at: entry.dataOffset, count: Int(entry.size))
            } ?? file.bytes(at: entry.dataOffset, count: Int(entry.size))
        guard bytes.count == entry.size, try file.status().isUnchanged(since: status) else {
            throw BundleError.sourceChanged(file.path)
        }
        guard CRC32.checksum(of: bytes) == entry.crc32 else { throw BundleError.wrongCRC(name) }
        return bytes
    }

    /// Opens the data of a file; `nil` where there is none of that name.
    func open(_ name: String) -> OpenedInput? {
        guard let entry = entries[name] else { return nil }
        // Behind that stand the signatures, which are no data.
        if let journal, entry.dataOffset >= journal.tailOffset { return nil }
        return OpenedInput(source: .file(file, at: entry.dataOffset), crc32: entry.crc32) {
            guard try file.status().isUnchanged(since: status) else { throw BundleError.sourceChanged(file.path) }
        }
    }
}

/// An archive in an open file.
struct FileZipSource: ZipSource {
    let file: OwnedDescriptor
    let size: Int64
    var startOffset: Int64 { 0 }

    func bytes(at fileOffset: Int64, count: Int) throws -> [UInt8] {
        let bytes = try file.bytes(at: fileOffset, count: count)
        guard bytes.count == count else { throw BundleError.sourceChanged(file.path) }
        return bytes
    }
}

extension BundleError {
    static func tooLarge(_ name: String, _ limit: Int64) -> BundleError {
        let message = "validation failed: \(name) is larger than \(ByteCount(limit))"
        let hint = "Ask the sender for a new copy of the package."
        return switch name {
        case PackageEntryName.manifest: BundleError(breaking: ManifestRule.tooLarge, message, hint: hint)
        case PackageEntryName.checksums: BundleError(breaking: ChecksumRule.tooLarge, message, hint: hint)
        default: BundleError(breaking: StructureRule.entrySize, message, hint: hint)
        }
    }

    static func wrongCRC(_ name: String) -> BundleError {
        BundleError(
            .crcMismatch, "validation failed: \(name.escapedForOneLine) does not match its CRC-32",
            hint: "Do not use this copy; get the package again from its source.")
    }
}
