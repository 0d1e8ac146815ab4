// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Bytes that come once, one after the other.
protocol ByteSource: AnyObject {
    /// Bytes that were taken from the medium, before they were decompressed.
    var mediumCount: Int64 { get }

    /// Fills the buffer.
    ///
    /// - Returns: Bytes read; fewer than the buffer holds only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int

    /// Passes over bytes without reading them, where that is possible.
    ///
    /// - Returns: Bytes passed over; fewer than asked for only at the end. `nil` where they have to be read.
    func skip(_ count: Int64) throws -> Int64?
}

extension ByteSource {
    func skip(_ count: Int64) throws -> Int64? { nil }
}

extension ByteSource {
    /// The next bytes, fewer than asked for only at the end.
    func bytes(_ count: Int) throws -> [UInt8] {
        var failure: (any Error)?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do { filled = try read(into: UnsafeMutableRawBufferPointer(buffer)) } catch {
                failure = error
                filled = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }
}

/// A file or pipe from its present position on, behind bytes that were taken from it already.
final class DescriptorSource: ByteSource {
    private let descriptor: OwnedDescriptor
    private var start: ArraySlice<UInt8>
    private(set) var mediumCount: Int64 = 0

    init(_ descriptor: OwnedDescriptor, after start: [UInt8]) {
        self.descriptor = descriptor
        self.start = start[...]
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let known = min(start.count, buffer.count)
        buffer.copyBytes(from: start.prefix(known))
        start = start.dropFirst(known)
        let count = known + (try descriptor.readStream(into: UnsafeMutableRawBufferPointer(rebasing: buffer[known...])))
        mediumCount += Int64(count)
        return count
    }
}
