// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// An archive that arrives once, from front to back.
///
/// Remembers every local header and data descriptor, so that the central directory can be held against them at the end.
struct ZipStream: Sendable {
    /// What stands at the present position.
    enum Part: Sendable {
        case entry(ZipLocalHeader)
        /// The central directory; its first bytes were taken already.
        case directory(start: [UInt8])
    }

    let input: OwnedDescriptor
    /// Bytes taken so far.
    private(set) var position: Int64 = 0
    private var parts = StreamParts()
    /// Bytes that were taken from the input before, to find out what it is: no more than a signature of a ZIP file.
    private var start: ArraySlice<UInt8>

    init(_ input: OwnedDescriptor, after start: [UInt8] = []) {
        self.input = input
        self.start = start[...]
    }

    /// Takes exactly `count` bytes.
    ///
    /// - Throws: `BundleError`, code `truncated`; `FileError`; `CancellationError`.
    mutating func take(_ count: Int) throws -> [UInt8] {
        var failure: (any Error)?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            let known = min(start.count, count)
            raw.copyBytes(from: start.prefix(known))
            do {
                filled = known + (try input.readStream(into: UnsafeMutableRawBufferPointer(rebasing: raw[known...])))
            } catch {
                failure = error
                filled = 0
            }
        }
        start = start.dropFirst(count)
        if let failure { throw failure }
        position += Int64(bytes.count)
        guard bytes.count == count else { throw BundleError.truncated("the stream ends in the middle of the package") }
        return bytes
    }

    /// Takes note of bytes that were read by someone else.
    mutating func skip(_ count: Int64) { position += count }

    /// Reads the next local header; `taking` sees all bytes that are taken.
    ///
    /// - Throws: `BundleError` by the rule that is broken; `FileError`; `CancellationError`.
    mutating func next(taking: ([UInt8]) -> Void = { _ in }) throws -> Part {
        let offset = position
        let signature = try take(4)
        taking(signature)
        guard signature == [0x50, 0x4b, 3, 4] else {
            guard offset > 0 else {
                throw BundleError(
                    .notAPackage, "validation failed: not a package: it does not start with a ZIP entry",
                    hint: "Send a .baimodel file.")
            }
            return .directory(start: signature)
        }
        let fixed = try take(ZipFormat.localBytes - 4)
        taking(fixed)
        let length = try ZipLocalHeader.length(from: (signature + fixed)[...])
        let rest = try take(length - ZipFormat.localBytes)
        taking(rest)
        let header = try ZipLocalHeader(reading: (signature + fixed + rest)[...])
        try header.fields.checkName()
        guard parts.headers.count < ZipFormat.maximumEntries else {
            throw BundleError(.tooManyEntries, "validation failed: the archive has more than 65,536 entries")
        }
        parts.headers[offset] = header
        return .entry(header)
    }

    /// Reads the data descriptor behind data whose checksum is `crc32`.
    ///
    /// - Returns: The CRC-32 that the descriptor has.
    mutating func takeDescriptor(isZip64: Bool, crc32: UInt32) throws -> UInt32 {
        let offset = position
        var bytes = try take(12 + (isZip64 ? 8 : 0))
        if Array(bytes.prefix(4)) == [0x50, 0x4b, 7, 8], crc32 != ZipFormat.descriptorSignature {
            bytes += try take(4)
        }
        parts.descriptors[offset] = bytes
        var cursor = ByteCursor(bytes[...], of: "a data descriptor")
        if bytes.count % 8 == 0 { _ = try cursor.u32() }
        return try cursor.u32()
    }

    /// Reads up to the end and holds the central directory against everything that was seen.
    ///
    /// - Throws: `BundleError` by the rule that is broken; `FileError`; `CancellationError`.
    consuming func finish(start: [UInt8]) throws {
        let limit =
            ZipFormat.maximumDirectoryBytes + ZipFormat.end64Bytes + ZipFormat.locatorBytes + ZipFormat.endBytes
            + ZipFormat.maximumComment
        var bytes = start
        let startOffset = position - Int64(start.count)
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { chunk.deallocate() }
        while bytes.count <= limit {
            let got = try input.readStream(into: chunk)
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<got]))
            if got < chunk.count { break }
        }
        guard bytes.count <= limit else {
            throw BundleError.structure(.streamDirectory, "there is more behind the entries than a central directory")
        }
        let source = TailSource(startOffset: startOffset, bytes: bytes)
        _ = try ZipDirectory(reading: source, parts: parts)
    }
}

private struct StreamParts: ZipLocalParts, Sendable {
    var headers: [Int64: ZipLocalHeader] = [:]
    var descriptors: [Int64: [UInt8]] = [:]

    func localHeader(at fileOffset: Int64, before limit: Int64) throws -> ZipLocalHeader {
        guard let header = headers[fileOffset] else {
            throw BundleError.structure(
                .streamDirectory, "the central directory has an entry that is not in the stream")
        }
        return header
    }

    func descriptor(at fileOffset: Int64, count: Int) throws -> [UInt8] {
        guard let bytes = descriptors[fileOffset], bytes.count == count else {
            throw BundleError.structure(.streamDirectory, "a data descriptor is not where the central directory says")
        }
        return bytes
    }
}

private struct TailSource: ZipSource {
    let startOffset: Int64
    let bytes: [UInt8]
    var size: Int64 { startOffset + Int64(bytes.count) }

    func bytes(at fileOffset: Int64, count: Int) throws -> [UInt8] {
        let start = Int(fileOffset - startOffset)
        guard start >= 0, start + count <= bytes.count else {
            throw BundleError.structure(.streamDirectory, "the central directory reaches into the entries")
        }
        return Array(bytes[start..<start + count])
    }
}
