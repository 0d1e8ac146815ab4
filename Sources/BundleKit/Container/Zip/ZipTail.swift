// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Random access to the bytes of an archive.
protocol ZipSource: Sendable {
    /// The first byte that can be read; bytes from the start of the archive.
    var startOffset: Int64 { get }
    /// Bytes of the whole archive.
    var size: Int64 { get }
    /// The bytes of a range that lies between `startOffset` and `size`.
    func bytes(at fileOffset: Int64, count: Int) throws -> [UInt8]
}

/// The end of an archive: where the central directory is and how many entries it has.
///
/// Source: ZIP APPNOTE 6.3.10, sections 4.3.14 to 4.3.16.
struct ZipTail: Sendable, Equatable {
    let entryCount: Int
    let directoryOffset: Int64
    /// Bytes.
    let directorySize: Int
    let comment: [UInt8]

    /// Finds the one end record and reads it with its ZIP64 parts.
    ///
    /// The last signature in the file decides, as it does for every common reader; a comment that holds another makes
    /// the archive ambiguous.
    ///
    /// - Throws: `BundleError`: `truncated` where there is no end record, `structure`, `tooManyEntries`.
    init(reading source: some ZipSource) throws {
        let available = source.size - source.startOffset
        let count = Int(min(available, Int64(ZipFormat.endBytes + ZipFormat.maximumComment)))
        let tailOffset = source.size - Int64(count)
        let tail = try source.bytes(at: tailOffset, count: count)
        guard let start = Self.lastEndRecord(in: tail) else {
            throw BundleError.truncated("the archive has no end record")
        }
        guard tail.count - start >= ZipFormat.endBytes else {
            throw BundleError.structure(.comment, "the comment holds the signature of another end record")
        }
        var cursor = ByteCursor(tail[start...], of: "the end record")
        _ = try cursor.u32()
        let disks = [try cursor.u16(), try cursor.u16()]
        let counts = [try cursor.u16(), try cursor.u16()]
        let size = try cursor.u32()
        let offset = try cursor.u32()
        let commentLength = Int(try cursor.u16())
        guard commentLength <= cursor.remaining else {
            throw BundleError.structure(.comment, "the comment is longer than the file, or holds another end record")
        }
        comment = Array(try cursor.take(commentLength))
        guard cursor.remaining == 0 else {
            throw BundleError.structure(
                .trailingBytes, "there are bytes after the end record, or its comment holds another")
        }
        guard disks == [0, 0] else {
            throw BundleError.structure(.multiDisk, "the archive is part of a multi-disk archive")
        }
        guard counts[0] == counts[1] else {
            throw BundleError.structure(.twoCounts, "the end record has two counts of entries")
        }

        let endOffset = tailOffset + Int64(start)
        let end64 = try Zip64End(before: endOffset, in: source)
        let limit = end64?.fileOffset ?? endOffset
        let entries = try Self.value(UInt64(counts[0]), UInt64(UInt16.max), end64?.entryCount)
        let directory = try Self.value(UInt64(size), UInt64(UInt32.max), end64?.directorySize)
        let directoryStart = try Self.value(UInt64(offset), UInt64(UInt32.max), end64?.directoryOffset)

        guard entries <= ZipFormat.maximumEntries else {
            throw BundleError(.tooManyEntries, "validation failed: the archive has more than 65,536 entries")
        }
        guard directory <= ZipFormat.maximumDirectoryBytes else {
            throw BundleError.structure(.directorySize, "the central directory is larger than 32 MiB")
        }
        guard let startOffset = Int64(exactly: directoryStart), startOffset <= limit,
            startOffset + Int64(directory) == limit, startOffset >= source.startOffset
        else {
            throw BundleError.structure(.directoryPlace, "the central directory is not where the end record says")
        }
        entryCount = Int(entries)
        directoryOffset = startOffset
        directorySize = Int(directory)
    }

    private static func lastEndRecord(in tail: [UInt8]) -> Int? {
        guard tail.count >= ZipFormat.endBytes else { return nil }
        // A signature in the last bytes cannot start a record, but would start one for a reader that is less exact.
        for start in stride(from: tail.count - 4, through: 0, by: -1)
        where tail[start] == 0x50 && tail[start + 1] == 0x4b && tail[start + 2] == 5 && tail[start + 3] == 6 {
            if tail.count - start >= ZipFormat.endBytes { return start }
            if !isInsideEndRecord(start, of: tail) { return start }
        }
        return nil
    }

    /// Whether the bytes at `start` belong to the fixed fields of an end record that ends the file.
    private static func isInsideEndRecord(_ start: Int, of tail: [UInt8]) -> Bool {
        let record = tail.count - ZipFormat.endBytes
        return start > record && Array(tail[record..<record + 4]) == [0x50, 0x4b, 5, 6]
    }

    private static func value(_ short: UInt64, _ marker: UInt64, _ long: UInt64?) throws(BundleError) -> UInt64 {
        guard let long else {
            guard short != marker else {
                throw .structure(.zip64End, "the end record needs ZIP64 parts that are not there")
            }
            return short
        }
        guard short == marker || short == long else {
            throw .structure(.zip64End, "the end record and its ZIP64 record disagree")
        }
        return long
    }
}

/// The ZIP64 end record with its locator, directly before the end record.
private struct Zip64End {
    let fileOffset: Int64
    let entryCount: UInt64
    let directorySize: UInt64
    let directoryOffset: UInt64

    /// - Returns: `nil` where there is no locator.
    init?(before endOffset: Int64, in source: some ZipSource) throws {
        let length = Int64(ZipFormat.end64Bytes + ZipFormat.locatorBytes)
        let locatorOffset = endOffset - Int64(ZipFormat.locatorBytes)
        guard locatorOffset >= source.startOffset else { return nil }
        let locatorBytes = try source.bytes(at: locatorOffset, count: ZipFormat.locatorBytes)
        var locator = ByteCursor(locatorBytes[...], of: "the ZIP64 locator")
        guard try locator.u32() == ZipFormat.locatorSignature else { return nil }
        fileOffset = endOffset - length
        guard fileOffset >= source.startOffset else {
            throw BundleError.structure(.zip64Locator, "the ZIP64 locator has no record before it")
        }
        let disk = try locator.u32()
        let recordOffset = try locator.u64()
        let disks = try locator.u32()
        guard disk == 0, disks == 1 else {
            throw BundleError.structure(.multiDisk, "the archive is part of a multi-disk archive")
        }
        guard recordOffset == UInt64(fileOffset) else {
            throw BundleError.structure(.zip64Locator, "the ZIP64 record is not where its locator says")
        }
        let recordBytes = try source.bytes(at: fileOffset, count: ZipFormat.end64Bytes)
        var record = ByteCursor(recordBytes[...], of: "the ZIP64 record")
        guard try record.u32() == ZipFormat.end64Signature, try record.u64() == UInt64(ZipFormat.end64Bytes - 12) else {
            throw BundleError.structure(.zip64Record, "the ZIP64 record is malformed or has additions")
        }
        _ = try record.u16()
        guard try record.u16() <= ZipFormat.zip64Version else {
            throw BundleError.structure(.zip64Record, "the ZIP64 record needs a newer version of the format")
        }
        guard try record.u32() == 0, try record.u32() == 0 else {
            throw BundleError.structure(.multiDisk, "the archive is part of a multi-disk archive")
        }
        let onDisk = try record.u64()
        entryCount = try record.u64()
        guard onDisk == entryCount else {
            throw BundleError.structure(.twoCounts, "the ZIP64 record has two counts of entries")
        }
        directorySize = try record.u64()
        directoryOffset = try record.u64()
    }
}
