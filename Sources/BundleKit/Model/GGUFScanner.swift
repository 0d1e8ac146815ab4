// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Reads little-endian fields of a GGUF header one after the other through one buffer.
///
/// Nothing is allocated by a size that the file announces before that size is known to be in the file and within
/// the limits.
struct GGUFScanner: ~Copyable {
    /// Bytes of one read.
    static let chunkByteCount = 256 << 10
    /// Bytes of a file from which on sums of offsets could overflow.
    private static let largestFile = Int64(1) << 60

    private let file: OwnedDescriptor
    private var chunk: [UInt8] = []
    private var chunkOffset: Int64 = 0
    /// Bytes of the file.
    let fileSize: Int64
    /// Where the header must have ended at the latest.
    private let limit: Int64
    /// Bytes from the start of the file to the next field.
    private(set) var offset: Int64 = 0

    init(_ file: OwnedDescriptor, headerLimit: Int64) throws(FileError) {
        let status = try file.status()
        guard status.kind == .regular else {
            throw FileError(
                .wrongType, "\(file.path.escapedForTerminal) is not a regular file",
                hint: "Name a regular file, or a copy of it that is one.")
        }
        guard status.size < Self.largestFile else {
            throw FileError(.wrongType, "\(file.path.escapedForTerminal) is larger than any model")
        }
        self.file = file
        fileSize = status.size
        limit = min(headerLimit, status.size)
    }

    /// An error about the field that starts at `fieldOffset`, or at the present offset.
    func failure(_ rule: ModelHeaderRule, _ reason: String, in field: String, at fieldOffset: Int64? = nil)
        -> BundleError
    {
        BundleError(
            breaking: rule,
            "\(file.path.escapedForTerminal) has a damaged GGUF header: \(reason) "
                + "(\(field.escapedForOneLine), byte \(fieldOffset ?? offset))",
            hint: "Fetch or convert the model file again; its SHA-256 at the source tells whether it is whole.")
    }

    /// Decides whether `byteCount` more bytes are part of the header.
    private func require(_ byteCount: Int64, for field: String) throws(BundleError) {
        guard byteCount > limit - offset else { return }
        guard byteCount > fileSize - offset else {
            throw failure(.headerSize, "the header is larger than \(ByteCount(limit))", in: field)
        }
        throw failure(.truncated, "the file ends early", in: field)
    }

    /// Makes at least `byteCount` bytes, at most a chunk, available in the buffer.
    private mutating func fill(_ byteCount: Int, for field: String) throws {
        try require(Int64(byteCount), for: field)
        let position = offset - chunkOffset
        if position >= 0, position + Int64(byteCount) <= Int64(chunk.count) { return }
        try Task.checkCancellation()
        chunk = try file.bytes(at: offset, count: Int(min(Int64(Self.chunkByteCount), limit - offset)))
        chunkOffset = offset
        guard chunk.count >= byteCount else { throw failure(.truncated, "the file ends early", in: field) }
    }

    /// Reads an integer.
    mutating func integer<Number: FixedWidthInteger>(_ type: Number.Type, _ field: String) throws -> Number {
        let size = MemoryLayout<Number>.size
        try fill(size, for: field)
        let start = Int(offset - chunkOffset)
        let value = chunk.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: Number.self) }
        offset += Int64(size)
        return Number(littleEndian: value)
    }

    /// Reads the length of a string, which then lies wholly in the header.
    mutating func stringLength(upTo longest: Int64, _ field: String) throws -> Int64 {
        let start = offset
        let announced = try integer(UInt64.self, field)
        guard let length = Int64(exactly: announced), length <= longest else {
            throw failure(
                .stringLength, "a string of \(announced) bytes, above the limit of \(longest)", in: field, at: start)
        }
        try require(length, for: field)
        return length
    }

    /// Reads bytes; `count` has been bounded by the caller.
    mutating func bytes(_ count: Int, _ field: String) throws -> [UInt8] {
        guard count <= Self.chunkByteCount else {
            try require(Int64(count), for: field)
            let bytes = try file.bytes(at: offset, count: count)
            guard bytes.count == count else { throw failure(.truncated, "the file ends early", in: field) }
            offset += Int64(count)
            return bytes
        }
        try fill(count, for: field)
        let start = Int(offset - chunkOffset)
        offset += Int64(count)
        return Array(chunk[start..<start + count])
    }

    /// Passes over bytes without reading them.
    mutating func skip(_ byteCount: Int64, _ field: String) throws(BundleError) {
        try require(byteCount, for: field)
        offset += byteCount
    }

    /// Passes over strings, checking each length.
    mutating func skipStrings(_ count: Int64, upTo longest: Int64, _ field: String) throws {
        var left = count
        while left > 0 {
            try fill(8, for: field)
            let start = Int(offset - chunkOffset)
            var passed = start
            var tooLong: UInt64?
            chunk.withUnsafeBytes { buffer in
                while left > 0, passed <= buffer.count - 8 {
                    let length = UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: passed, as: UInt64.self))
                    guard length <= UInt64(longest) else {
                        tooLong = length
                        return
                    }
                    passed += 8 + Int(length)
                    left -= 1
                }
            }
            if let tooLong {
                throw failure(
                    .stringLength, "a string of \(tooLong) bytes, above the limit of \(longest)", in: field,
                    at: offset + Int64(passed - start))
            }
            try skip(Int64(passed - start), field)
        }
    }
}
