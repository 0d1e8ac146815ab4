// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// An entry with its place in an archive that is being made.
struct ZipPlacedEntry: Sendable, Equatable {
    /// Entries of this size and more have their data on a boundary of `alignment` bytes.
    static let alignedSize: Int64 = 64 << 10
    static let alignment: Int64 = 4096

    let name: String
    /// Bytes.
    let size: Int64
    /// Bytes from the start of the archive.
    let headerOffset: Int64
    let dataOffset: Int64
    /// Bytes of the padding field with its header; 0 for none.
    let paddingBytes: Int

    var endOffset: Int64 { dataOffset + size }

    /// Places an entry.
    init(name: String, size: Int64, at headerOffset: Int64) {
        self.name = name
        self.size = size
        self.headerOffset = headerOffset
        let zip64Bytes = size >= Int64(ZipFormat.marker32) ? 20 : 0
        let unpadded = headerOffset + Int64(ZipFormat.localBytes + name.utf8.count + zip64Bytes)
        var padding: Int64 = 0
        if size >= Self.alignedSize {
            padding = (Self.alignment - unpadded % Self.alignment) % Self.alignment
            if padding < 6 { padding += Self.alignment }
        }
        paddingBytes = Int(padding)
        dataOffset = unpadded + padding
    }

    private var needsZip64Size: Bool { size >= Int64(ZipFormat.marker32) }
    private var needsZip64Offset: Bool { headerOffset >= Int64(ZipFormat.marker32) }
    private var flags: UInt16 { name.utf8.allSatisfy { $0 < 0x80 } ? 0 : ZipFormat.utf8Flag }

    /// Version needed, flags, method, time, date, CRC-32 and both sizes, the same in both headers.
    private func appendCommon(to bytes: inout [UInt8], version: UInt16, crc32: UInt32) {
        bytes.append(littleEndian: version)
        bytes.append(littleEndian: flags)
        bytes.append(littleEndian: UInt16(0))
        // 1980-01-01 00:00:00, the first moment the format knows.
        bytes.append(littleEndian: UInt16(0))
        bytes.append(littleEndian: UInt16(0x0021))
        bytes.append(littleEndian: crc32)
        let shown = UInt32(clamping: size)
        bytes.append(littleEndian: shown)
        bytes.append(littleEndian: shown)
        bytes.append(littleEndian: UInt16(name.utf8.count))
    }

    /// The local header with name and extra fields, up to the data.
    func localHeader(crc32: UInt32) -> [UInt8] {
        var extra: [UInt8] = []
        if needsZip64Size {
            extra.append(littleEndian: ZipExtraFields.zip64ID)
            extra.append(littleEndian: UInt16(16))
            extra.append(littleEndian: UInt64(size))
            extra.append(littleEndian: UInt64(size))
        }
        if paddingBytes > 0 {
            extra.append(littleEndian: ZipExtraFields.paddingID)
            extra.append(littleEndian: UInt16(paddingBytes - 4))
            extra.append(littleEndian: UInt16(Self.alignment))
            extra += [UInt8](repeating: 0, count: paddingBytes - 6)
        }
        var bytes: [UInt8] = []
        bytes.append(littleEndian: ZipFormat.localSignature)
        appendCommon(to: &bytes, version: needsZip64Size ? ZipFormat.zip64Version : 10, crc32: crc32)
        bytes.append(littleEndian: UInt16(extra.count))
        return bytes + Array(name.utf8) + extra
    }

    /// The record for the central directory.
    func centralHeader(crc32: UInt32) -> [UInt8] {
        var values: [UInt8] = []
        if needsZip64Size {
            values.append(littleEndian: UInt64(size))
            values.append(littleEndian: UInt64(size))
        }
        if needsZip64Offset { values.append(littleEndian: UInt64(headerOffset)) }
        var extra: [UInt8] = []
        if !values.isEmpty {
            extra.append(littleEndian: ZipExtraFields.zip64ID)
            extra.append(littleEndian: UInt16(values.count))
            extra += values
        }
        var bytes: [UInt8] = []
        bytes.append(littleEndian: ZipFormat.centralSignature)
        bytes.append(littleEndian: ZipFormat.madeBy)
        appendCommon(to: &bytes, version: values.isEmpty ? 10 : ZipFormat.zip64Version, crc32: crc32)
        bytes.append(littleEndian: UInt16(extra.count))
        bytes.append(littleEndian: UInt16(0))
        bytes.append(littleEndian: UInt16(0))
        bytes.append(littleEndian: UInt16(0))
        bytes.append(littleEndian: UInt32(0o100644) << 16)
        bytes.append(littleEndian: UInt32(clamping: headerOffset))
        return bytes + Array(name.utf8) + extra
    }
}

/// The order and places of the entries of an archive that is being made.
struct ZipLayout: Sendable {
    private(set) var entries: [ZipPlacedEntry] = []

    /// Behind the last entry: bytes from the start of the archive.
    var endOffset: Int64 { entries.last?.endOffset ?? 0 }

    /// Places one more entry.
    ///
    /// - Throws: `BundleError`, code `invalidRequest`, beyond what the format or the reader takes.
    mutating func append(_ name: String, size: Int64) throws(BundleError) {
        guard entries.count < ZipFormat.maximumEntries else {
            throw BundleError(.invalidRequest, "a package holds at most 65,536 files")
        }
        guard size >= 0, size <= Int64.max / 4, endOffset <= Int64.max / 4 else {
            throw BundleError(.invalidRequest, "\(name.escapedForOneLine) is too large for a package")
        }
        entries.append(ZipPlacedEntry(name: name, size: size, at: endOffset))
    }

    /// Bytes of the whole archive.
    var size: Int64 {
        endOffset
            + Int64(
                Self.trailer(entries.flatMap { $0.centralHeader(crc32: 0) }, of: entries.count, at: endOffset).count)
    }

    /// The central directory, made of the records of all entries, and the end record, to stand at `fileOffset`.
    static func trailer(_ directory: [UInt8], of count: Int, at fileOffset: Int64, comment: [UInt8] = []) -> [UInt8] {
        var bytes = directory
        if count >= Int(ZipFormat.marker16) || fileOffset >= Int64(ZipFormat.marker32)
            || directory.count >= Int(ZipFormat.marker32)
        {
            let recordOffset = fileOffset + Int64(directory.count)
            bytes.append(littleEndian: ZipFormat.end64Signature)
            bytes.append(littleEndian: UInt64(ZipFormat.end64Bytes - 12))
            bytes.append(littleEndian: ZipFormat.madeBy)
            bytes.append(littleEndian: ZipFormat.zip64Version)
            bytes.append(littleEndian: UInt32(0))
            bytes.append(littleEndian: UInt32(0))
            bytes.append(littleEndian: UInt64(count))
            bytes.append(littleEndian: UInt64(count))
            bytes.append(littleEndian: UInt64(directory.count))
            bytes.append(littleEndian: UInt64(fileOffset))
            bytes.append(littleEndian: ZipFormat.locatorSignature)
            bytes.append(littleEndian: UInt32(0))
            bytes.append(littleEndian: UInt64(recordOffset))
            bytes.append(littleEndian: UInt32(1))
        }
        bytes.append(littleEndian: ZipFormat.endSignature)
        bytes.append(littleEndian: UInt16(0))
        bytes.append(littleEndian: UInt16(0))
        bytes.append(littleEndian: UInt16(clamping: count))
        bytes.append(littleEndian: UInt16(clamping: count))
        bytes.append(littleEndian: UInt32(clamping: directory.count))
        bytes.append(littleEndian: UInt32(clamping: fileOffset))
        bytes.append(littleEndian: UInt16(comment.count))
        return bytes + comment
    }
}
