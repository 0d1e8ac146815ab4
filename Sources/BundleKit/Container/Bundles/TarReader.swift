// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Reads a tar archive from front to back, and only such a one that every reader takes for the same files.
///
/// Refused: links unless they are asked for, special and sparse files, other types, headers that disagree, a missing end,
/// anything behind it.
struct TarReader {
    /// A file, a folder, or a link.
    struct Entry {
        /// Relative, valid, without a leading `./` or a closing `/`.
        let name: String
        let isFolder: Bool
        /// Bytes.
        let size: Int64
        /// Where a link leads, as the archive spells it.
        var link: Link?
    }

    /// The target of a link, unchecked.
    enum Link: Equatable {
        /// Relative to the folder of the link.
        case symbolic([UInt8])
        /// The name of another entry.
        case hard([UInt8])
    }

    /// Zeros behind the end at the most; tar pads to its block factor.
    private static let maximumTail = 16 << 20
    /// Bytes of extended headers with their blocks: compressed they take next to no room, so that they are bounded.
    private static let maximumExtendedBytes: Int64 = 16 << 20

    private let source: any ByteSource
    private let takesLinks: Bool
    private var names = EntryNameSet()
    private var count = 0
    private var remaining: Int64 = 0
    private var paddingBytes = 0
    private var extendedBytes: Int64 = 0

    /// - Parameters:
    ///   - source: The archive.
    ///   - takesLinks: Whether links are entries; else they are refused.
    init(_ source: any ByteSource, takingLinks takesLinks: Bool = false) {
        self.source = source
        self.takesLinks = takesLinks
    }

    /// Goes on to the next entry; the data of the last one has to be read.
    ///
    /// - Returns: `nil` behind the last one, when everything to the end of the source was checked.
    /// - Throws: `BundleError`: `structure`, `truncated`, `unsafeEntryName`, `duplicateEntry`, `tooManyEntries`;
    ///   `FileError`; `CancellationError`.
    mutating func next() throws -> Entry? {
        guard try take(paddingBytes).allSatisfy({ $0 == 0 }) else {
            throw BundleError.bundle(.padding, "the padding of a tar entry is not zero")
        }
        paddingBytes = 0
        var pax: PaxRecords?
        var longName: [UInt8]?
        while true {
            let block = try take(TarHeader.blockBytes)
            guard block.contains(where: { $0 != 0 }) else {
                guard pax == nil, longName == nil else {
                    throw BundleError.bundle(.extendedHeader, "the archive ends behind an extended header")
                }
                try finish()
                return nil
            }
            let header = try TarHeader(reading: block)
            switch header.type {
            case UInt8(ascii: "x"):
                guard pax == nil, longName == nil else { throw Self.twoHeaders }
                pax = try PaxRecords(reading: try document(header), takingLinks: takesLinks)
            case UInt8(ascii: "g"):
                let records = try PaxRecords(reading: try document(header))
                guard records.path == nil, records.size == nil else {
                    throw BundleError.bundle(.extendedHeader, "a global pax header names files")
                }
            case UInt8(ascii: "L"):
                guard pax == nil, longName == nil else { throw Self.twoHeaders }
                let name = try document(header)
                guard name.last == 0, !name.dropLast().contains(0) else {
                    throw BundleError.bundle(.extendedHeader, "a long name of the GNU form is malformed")
                }
                longName = Array(name.dropLast())
            default:
                if let entry = try entry(header, pax, longName) { return entry }
                (pax, longName) = (nil, nil)
            }
        }
    }

    /// The next bytes of the present entry's data.
    ///
    /// - Returns: Bytes read; none at the end of the entry.
    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let wanted = Int(min(remaining, Int64(buffer.count)))
        guard wanted > 0 else { return 0 }
        guard try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])) == wanted else {
            throw Self.tooShort
        }
        remaining -= Int64(wanted)
        return wanted
    }

    /// Passes over the present entry's data, in a source that can.
    ///
    /// - Throws: `BundleError`, code `truncated`; `FileError`.
    mutating func skipData() throws {
        guard remaining > 0 else { return }
        guard try source.skip(remaining) == remaining else { throw Self.tooShort }
        remaining = 0
    }

    private mutating func entry(_ header: TarHeader, _ pax: PaxRecords?, _ longName: [UInt8]?) throws -> Entry? {
        count += 1
        guard count <= ZipFormat.maximumEntries else {
            throw BundleError(.tooManyEntries, "validation failed: the archive has more than 65,536 entries")
        }
        var bytes = pax?.path ?? longName ?? header.name
        let shown = String(decoding: bytes, as: UTF8.self).escapedForOneLine
        let isFolder = header.type == UInt8(ascii: "5")
        let link = try link(header, pax)
        guard isFolder || link != nil || header.type == UInt8(ascii: "0") || header.type == 0 else {
            throw BundleError.bundle(.type, "\(shown) is a link, a sparse or a special file")
        }
        if let size = pax?.size, size != header.size, header.size != 0 {
            throw BundleError.bundle(.size, "the headers of \(shown) disagree on its size")
        }
        let size = pax?.size ?? header.size
        let isTop = bytes == Array("./".utf8)
        if bytes.starts(with: Array("./".utf8)) { bytes.removeFirst(2) }
        if bytes.last == UInt8(ascii: "/") {
            guard isFolder else {
                throw BundleError.bundle(.type, "\(shown) is a file by its type and a folder by its name")
            }
            bytes.removeLast()
        }
        if isFolder {
            guard size == 0 else { throw BundleError.bundle(.type, "\(shown) is a folder with content") }
            if isTop || bytes == [UInt8(ascii: ".")] { return nil }
        }
        if link != nil, size != 0 { throw BundleError.bundle(.size, "the link \(shown) has content") }
        let name = try EntryName.validate(bytes)
        try names.insert(name, isFolder: isFolder)
        remaining = size
        paddingBytes = Int((512 - size % 512) % 512)
        return Entry(name: name, isFolder: isFolder, size: size, link: link)
    }

    private func link(_ header: TarHeader, _ pax: PaxRecords?) throws(BundleError) -> Link? {
        let isHard = header.type == UInt8(ascii: "1")
        guard takesLinks, isHard || header.type == UInt8(ascii: "2") else {
            guard pax?.linkPath == nil else {
                throw BundleError.bundle(.extendedHeader, "a pax header says where something leads that is no link")
            }
            return nil
        }
        let target = pax?.linkPath ?? header.linkName
        return isHard ? .hard(target) : .symbolic(target)
    }

    private mutating func document(_ header: TarHeader) throws -> [UInt8] {
        guard header.size > 0, header.size <= PaxRecords.maximumBytes else {
            throw BundleError.bundle(
                .extendedHeader, "an extended header is empty or larger than \(ByteCount(PaxRecords.maximumBytes))")
        }
        extendedBytes += Int64(TarHeader.blockBytes) + header.size
        guard extendedBytes <= Self.maximumExtendedBytes else {
            throw BundleError.bundle(
                .extendedHeader,
                "the archive has more than \(ByteCount(Self.maximumExtendedBytes)) of extended headers")
        }
        let bytes = try take(Int(header.size))
        guard try take(Int((512 - header.size % 512) % 512)).allSatisfy({ $0 == 0 }) else {
            throw BundleError.bundle(.padding, "the padding of an extended header is not zero")
        }
        return bytes
    }

    private func take(_ count: Int) throws -> [UInt8] {
        guard count > 0 else { return [] }
        let bytes = try source.bytes(count)
        guard bytes.count == count else { throw Self.tooShort }
        return bytes
    }

    /// Checks the second block of the end, and that nothing but zeros follows.
    private func finish() throws {
        guard try take(TarHeader.blockBytes).allSatisfy({ $0 == 0 }) else {
            throw BundleError.bundle(.trailingBytes, "there is something behind the end of the archive")
        }
        var tail = 0
        while true {
            let bytes = try source.bytes(64 << 10)
            tail += bytes.count
            guard tail <= Self.maximumTail, bytes.allSatisfy({ $0 == 0 }) else {
                throw BundleError.bundle(.trailingBytes, "there is something behind the end of the archive")
            }
            if bytes.count < 64 << 10 { return }
        }
    }

    private static var tooShort: BundleError { BundleError.shortBundle("the tar archive ends too early") }

    private static var twoHeaders: BundleError {
        BundleError.bundle(.extendedHeader, "an entry has two extended headers")
    }
}
