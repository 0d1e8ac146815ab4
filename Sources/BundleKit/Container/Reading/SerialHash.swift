// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Reads, hashes and checksums data on the caller's thread, with one buffer that stays in the processor's cache.
struct SerialHash {
    static let bufferBytes = 512 << 10

    private let ring = BufferRing(count: 1, bytes: bufferBytes)

    /// Reads `count` bytes.
    ///
    /// - Returns: What was found; `count` is smaller where the source ended.
    /// - Throws: `FileError`; `BundleError` when OpenSSL fails; what `report`, which takes the bytes of each chunk, throws.
    func run(_ source: DataSource, count: Int64, report: (Int64) throws -> Void) throws -> DataOutcome {
        var hasher = try SHA256Hasher()
        var crc = CRC32()
        var probe = ContentProbe()
        var done: Int64 = 0
        if count > Int64(Self.bufferBytes) { source.expectSequentialReading() }
        while done < count {
            let wanted = Int(min(count - done, Int64(Self.bufferBytes)))
            let loan = ring.next()
            let got = try loan.fill { buffer in
                try source.read(at: done, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
            }
            try loan.read(got) { bytes throws in
                crc.update(bytes)
                probe.update(bytes)
                try hasher.update(bytes)
            }
            done += Int64(got)
            try report(Int64(got))
            if got < wanted { break }
        }
        return DataOutcome(digest: try hasher.finalize(), crc32: crc.value, count: done, content: probe.content)
    }
}
