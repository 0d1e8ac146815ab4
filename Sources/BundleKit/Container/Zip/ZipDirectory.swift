// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// One entry of a checked archive.
struct ZipEntry: Sendable, Equatable {
    /// Valid by the rules of `EntryName`; without the `/` at the end of a folder's.
    let name: String
    let isFolder: Bool
    /// Bytes.
    let size: Int64
    let crc32: UInt32
    /// Bytes from the start of the archive.
    let headerOffset: Int64
    let dataOffset: Int64
    /// Behind the data and the data descriptor, if there is one.
    let endOffset: Int64
    /// Where the record is, counted from the start of the central directory.
    let centralRange: Range<Int>
}

/// Gives the parts of an archive that stand before its central directory.
protocol ZipLocalParts {
    /// The local header at an offset.
    func localHeader(at fileOffset: Int64, before limit: Int64) throws -> ZipLocalHeader
    /// What stands between the data of an entry and the next part: a data descriptor or nothing.
    func descriptor(at fileOffset: Int64, count: Int) throws -> [UInt8]
}

/// All entries of an archive, in the order of their data, once everything about them agrees.
///
/// The parts cover the archive from its first to its last byte without gap or overlap, so that a reader that goes by
/// the local headers finds the same entries as one that goes by the central directory.
struct ZipDirectory: Sendable {
    let entries: [ZipEntry]
    let tail: ZipTail

    /// Reads and checks the structure of a seekable archive.
    ///
    /// - Throws: `BundleError` by the rule that is broken; `FileError`.
    init(reading source: some ZipSource) throws {
        let start = try source.bytes(at: 0, count: Int(min(4, source.size)))
        guard start == [0x50, 0x4b, 3, 4] else {
            throw BundleError(
                .notAPackage, "validation failed: not a package: it does not start with a ZIP entry",
                hint: "Name a .baimodel file, or a folder with manifest.json.")
        }
        try self.init(reading: source, parts: SeekableParts(source: source))
    }

    /// Checks a central directory against the local parts.
    ///
    /// - Throws: `BundleError` by the rule that is broken.
    init(reading source: some ZipSource, parts: some ZipLocalParts) throws {
        tail = try ZipTail(reading: source)
        let bytes = try source.bytes(at: tail.directoryOffset, count: tail.directorySize)
        var cursor = ByteCursor(bytes[...], of: "the central directory")
        var headers: [ZipCentralHeader] = []
        while cursor.remaining > 0 {
            guard headers.count < tail.entryCount else {
                throw BundleError.structure(
                    .entryCount, "the central directory has more entries than the end record says")
            }
            headers.append(try ZipCentralHeader(reading: &cursor, of: bytes.count))
        }
        guard headers.count == tail.entryCount else {
            throw BundleError.structure(.entryCount, "the central directory has fewer entries than the end record says")
        }
        headers.sort { $0.localOffset < $1.localOffset }

        var names = EntryNameSet()
        var entries: [ZipEntry] = []
        var position: Int64 = 0
        for (index, header) in headers.enumerated() {
            let next = index + 1 < headers.count ? headers[index + 1].localOffset : UInt64(tail.directoryOffset)
            var shown: String { header.fields.shownName }
            guard header.localOffset >= UInt64(position), next <= UInt64(tail.directoryOffset) else {
                throw BundleError.structure(.overlap, "\(shown) overlaps another part")
            }
            guard header.localOffset == UInt64(position) else {
                throw BundleError.structure(.unreferencedBytes, "bytes before \(shown) belong to nothing")
            }
            let entry = try Self.entry(header, until: Int64(next), parts: parts, names: &names)
            entries.append(entry)
            position = entry.endOffset
        }
        guard position == tail.directoryOffset else {
            throw BundleError.structure(.unreferencedBytes, "bytes before the central directory belong to nothing")
        }
        self.entries = entries
    }

    private static func entry(
        _ header: ZipCentralHeader, until next: Int64, parts: some ZipLocalParts, names: inout EntryNameSet
    ) throws -> ZipEntry {
        let offset = Int64(header.localOffset)
        var shown: String { header.fields.shownName }
        let local = try parts.localHeader(at: offset, before: next)
        try local.check(against: header.fields)
        let dataOffset = offset + Int64(local.length)
        guard let size = Int64(exactly: header.fields.size), dataOffset <= next, size <= next - dataOffset else {
            throw BundleError.structure(.overlap, "\(shown) overlaps the part behind it")
        }
        let gap = next - dataOffset - size
        if header.fields.hasDescriptor {
            guard (12...24).contains(gap) else {
                throw BundleError.structure(
                    .descriptor, "\(shown) has no data descriptor, or bytes behind it belong to nothing")
            }
            let bytes = try parts.descriptor(at: dataOffset + size, count: Int(gap))
            try ZipDescriptor.check(bytes, isZip64: local.isZip64, against: header.fields)
        } else {
            guard gap == 0 else {
                throw BundleError.structure(.unreferencedBytes, "bytes behind \(shown) belong to nothing")
            }
        }
        let raw = header.isFolder ? Array(header.fields.name.dropLast()) : header.fields.name
        let name = try EntryName.validate(raw, markedUTF8: header.fields.flags & ZipFormat.utf8Flag != 0)
        try names.insert(name, isFolder: header.isFolder)
        return ZipEntry(
            name: name, isFolder: header.isFolder, size: size, crc32: header.fields.crc32, headerOffset: offset,
            dataOffset: dataOffset, endOffset: next, centralRange: header.range)
    }
}

/// The record behind the data of an entry whose size was not known before.
///
/// Source: ZIP APPNOTE 6.3.10, section 4.3.9.
enum ZipDescriptor {
    /// Refuses a descriptor that differs from the central header in value or width.
    static func check(_ bytes: [UInt8], isZip64: Bool, against central: ZipCommonFields) throws(BundleError) {
        let body = 4 + (isZip64 ? 16 : 8)
        var cursor = ByteCursor(bytes[...], of: "a data descriptor")
        if bytes.count == body + 4 {
            guard try cursor.u32() == ZipFormat.descriptorSignature else {
                throw .structure(.descriptor, "the data descriptor of \(central.shownName) is malformed")
            }
        }
        guard cursor.remaining == body else {
            throw .structure(
                .descriptor, "the data descriptor of \(central.shownName) does not fit, or bytes belong to nothing")
        }
        let crc = try cursor.u32()
        let compressed = isZip64 ? try cursor.u64() : UInt64(try cursor.u32())
        let size = isZip64 ? try cursor.u64() : UInt64(try cursor.u32())
        guard crc == central.crc32, compressed == central.compressedSize, size == central.size else {
            throw .structure(.descriptorMismatch, "data descriptor and central header of \(central.shownName) disagree")
        }
    }
}

/// Local parts read from the archive itself.
private struct SeekableParts<Source: ZipSource>: ZipLocalParts {
    /// Most headers fit in one read of this size.
    private static var firstRead: Int64 { 512 }
    let source: Source

    func localHeader(at fileOffset: Int64, before limit: Int64) throws -> ZipLocalHeader {
        let room = limit - fileOffset
        guard room >= Int64(ZipFormat.localBytes) else {
            throw BundleError.structure(.overlap, "two entries share a local header, or one has no room")
        }
        let bytes = try source.bytes(at: fileOffset, count: Int(min(room, Self.firstRead)))
        let length = try ZipLocalHeader.length(from: bytes.prefix(ZipFormat.localBytes))
        guard Int64(length) <= room else {
            throw BundleError.structure(.overlap, "a local header reaches into the next part")
        }
        let whole = length <= bytes.count ? bytes : try source.bytes(at: fileOffset, count: length)
        return try ZipLocalHeader(reading: whole.prefix(length))
    }

    func descriptor(at fileOffset: Int64, count: Int) throws -> [UInt8] {
        try source.bytes(at: fileOffset, count: count)
    }
}
