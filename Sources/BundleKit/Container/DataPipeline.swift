// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// Where data comes from.
package enum DataSource: Sendable {
    /// A file from an offset on.
    case file(OwnedDescriptor, at: Int64)
    /// A file from its start, past the page cache.
    case medium(DirectFile)
    /// A pipe at its present position.
    case stream(OwnedDescriptor)

    /// Reads the bytes from `position` on; fewer only at the end.
    func read(at position: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        switch self {
        case .file(let file, let offset): try file.read(at: offset + position, into: buffer)
        case .medium(let file): try file.read(at: position, into: buffer)
        case .stream(let stream): try stream.readStream(into: buffer)
        }
    }

    /// Says that the data is read once, from front to back.
    func expectSequentialReading() {
        if case .file(let file, _) = self { file.expectSequentialReading() }
    }
}

/// Where data goes.
package enum DataTarget: Sendable {
    /// A file from an offset on; what is written there does not stay in the page cache.
    case file(OwnedDescriptor, at: Int64)
    /// A pipe.
    case stream(OwnedDescriptor)
}

/// The first bytes of data that were written to its target before.
package struct DataStart: Sendable {
    private let source: DataSource
    /// Bytes; whole pages unless it is everything.
    package let count: Int64

    /// Names the first `count` bytes of a file; they are read from the medium and not from what the system remembers
    /// of them, as far as the file system can.
    package init(of file: OwnedDescriptor, count: Int64) {
        file.dropCache(at: 0, count: 0)
        source = DirectFile(file, .reading).map { .medium($0) } ?? .file(file, at: 0)
        self.count = count
    }

    /// Reads bytes; a part that the medium does not give back ends the data, so that its digest is wrong.
    fileprivate func read(at position: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        do {
            return try source.read(at: position, into: buffer)
        } catch is FileError {
            return 0
        }
    }
}

/// What one pass over data found.
package struct DataOutcome: Sendable, Equatable {
    package let digest: SHA256Digest
    package let crc32: UInt32
    /// Bytes read; fewer than asked for where the source ended.
    package let count: Int64
    /// What the bytes were recognised as, if anything.
    package let content: FileContent?
}

/// The one loop that moves data: each byte is read once, hashed, checksummed and written from one small ring of buffers.
///
/// Reading and the checksum are on the caller's thread, hashing is on a second and writing to a file on a third one.
/// Memory is the ring's, whatever the size of the data.
package final class DataPipeline: Sendable {
    private let ring: BufferRing
    private let hash: HashQueue

    /// Makes a pipeline; one pass at a time.
    ///
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    package convenience init() throws(BundleError) {
        try self.init(ring: BufferRing(count: 6, bytes: 2 << 20))
    }

    /// Makes a pipeline with buffers of a given size.
    init(ring: BufferRing) throws(BundleError) {
        self.ring = ring
        hash = try HashQueue()
    }

    /// Moves `count` bytes.
    ///
    /// - Parameters:
    ///   - source: Where the bytes come from.
    ///   - count: Bytes.
    ///   - target: Where they go; `nil` to hash only.
    ///   - start: What the target holds already: hashed from there, neither read from the source nor written.
    ///   - report: Takes the bytes of each chunk that is done; what it throws ends the pass.
    /// - Returns: Digest and CRC-32 of what was read and written; `count` is smaller where the source ended.
    /// - Throws: `FileError`; `BundleError` when OpenSSL fails; `CancellationError`. Nothing is read or written any more
    ///   then, and the pipeline is of no more use.
    package func run(
        _ source: DataSource, count: Int64, to target: DataTarget? = nil, behind start: DataStart? = nil,
        report: (Int64) throws -> Void = { _ in }
    ) throws -> DataOutcome {
        var crc = CRC32()
        var probe = ContentProbe()
        var done: Int64 = 0
        let kept = start?.count ?? 0
        var writer: WriteQueue?
        if case .file(let file, let offset) = target {
            writer = WriteQueue(FileWriter(file, at: offset + kept, count: count - kept))
        }
        defer {
            hash.drain()
            writer?.drain()
        }
        if count > Int64(ring.bufferBytes) { source.expectSequentialReading() }
        while done < count {
            try Task.checkCancellation()
            let present = done < kept ? start : nil
            let wanted = Int(min((present?.count ?? count) - done, Int64(ring.bufferBytes)))
            let loan = ring.next()
            let got = try loan.fill { buffer in
                let space = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
                return try present?.read(at: done, into: space) ?? source.read(at: done, into: space)
            }
            hash.submit(loan, count: got)
            if present == nil { try writer?.submit(loan, count: got) }
            try loan.read(got) { bytes throws in
                crc.update(bytes)
                probe.update(bytes)
                if case .stream(let stream) = target { try stream.writeStream(bytes) }
            }
            done += Int64(got)
            try report(Int64(got))
            if got < wanted { break }
        }
        try writer?.finish()
        return DataOutcome(digest: try hash.finish(), crc32: crc.value, count: done, content: probe.content)
    }
}
