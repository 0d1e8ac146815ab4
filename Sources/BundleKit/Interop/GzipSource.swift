// SPDX-License-Identifier: Apache-2.0

internal import CZlib

/// The content of a gzip stream of one member, with nothing behind it.
///
/// zlib checks length and CRC-32 of the whole, which libarchive's filter does not, and tells where the member ends.
///
/// Source: RFC 1952.
final class GzipSource: ByteSource {
    private static let inputBytes = 256 << 10

    private let upstream: any ByteSource
    private let state: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutableRawBufferPointer
    private var isFinished = false

    var mediumCount: Int64 { upstream.mediumCount }

    /// - Throws: `BundleError`, code `outOfMemory`.
    init(_ upstream: any ByteSource) throws(BundleError) {
        self.upstream = upstream
        state = .allocate(capacity: 1)
        state.initialize(to: z_stream())
        input = .allocate(byteCount: Self.inputBytes, alignment: 64)
        let gzipOnly = MAX_WBITS + 16
        guard inflateInit2_(state, gzipOnly, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw BundleError(.outOfMemory, "there is no memory for decompression")
        }
    }

    deinit {
        inflateEnd(state)
        state.deallocate()
        input.deallocate()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var done = 0
        while done < buffer.count, !isFinished {
            if state.pointee.avail_in == 0 {
                let count = try upstream.read(into: input)
                guard count > 0 else { throw BundleError.shortBundle("the compressed data ends too early") }
                state.pointee.next_in = input.bindMemory(to: UInt8.self).baseAddress
                state.pointee.avail_in = UInt32(count)
            }
            let room = min(buffer.count - done, 1 << 30)
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + room])
            state.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
            state.pointee.avail_out = UInt32(room)
            let result = inflate(state, Z_NO_FLUSH)
            done += room - Int(state.pointee.avail_out)
            switch result {
            case Z_OK, Z_BUF_ERROR: continue
            case Z_STREAM_END: try finish()
            default: throw BundleError.bundle(.compression, "the gzip data is damaged")
            }
        }
        return done
    }

    private func finish() throws {
        isFinished = true
        guard state.pointee.avail_in == 0, try upstream.read(into: input) == 0 else {
            throw BundleError.bundle(.compression, "there are bytes behind the end of the gzip data")
        }
    }
}
