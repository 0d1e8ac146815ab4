// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// Where data comes from.
package enum DataSource: Sendable {
    /// A file from an offset on.
    case file(OwnedDescriptor, at: Int64)
    /// A pipe at its present position.
    case stream(OwnedDescriptor)
}

/// Where data goes.
package enum DataTarget: Sendable {
    /// A file from an offset on, written back early so that the sync at the end is short.
    case file(OwnedDescriptor, at: Int64)
    /// A pipe.
    case stream(OwnedDescriptor)
}

/// What one pass over data found.
package struct DataOutcome: Sendable, Equatable {
    package let digest: SHA256Digest
    package let crc32: UInt32
    /// Bytes read; fewer than asked for where the source ended.
    package let count: Int64
}

/// The one loop that moves data: each byte is read once, hashed, checksummed and written from one small ring of buffers.
///
/// Hashing runs on a thread of its own, everything else on the caller's. Memory is 4 MiB whatever the size of the data.
package final class DataPipeline: Sendable {
    private let queue: HashQueue

    /// Makes a pipeline; one pass at a time.
    ///
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    package init() throws(BundleError) {
        queue = try HashQueue()
    }

    /// Moves `count` bytes.
    ///
    /// - Parameters:
    ///   - source: Where the bytes come from.
    ///   - count: Bytes.
    ///   - target: Where they go; `nil` to hash only.
    ///   - report: Takes the bytes of each chunk that is done.
    /// - Returns: Digest and CRC-32 of what was read and written; `count` is smaller where the source ended.
    /// - Throws: `FileError`; `BundleError` when OpenSSL fails; `CancellationError`. The pipeline is then of no more use.
    package func run(
        _ source: DataSource, count: Int64, to target: DataTarget? = nil, report: (Int64) -> Void = { _ in }
    ) throws -> DataOutcome {
        var crc = CRC32()
        var done: Int64 = 0
        var writer = target.map(PipelineWriter.init)
        if case .file(let file, _) = source, count > Int64(HashQueue.bufferBytes) { file.expectSequentialReading() }
        while done < count {
            try Task.checkCancellation()
            let buffer = queue.nextBuffer()
            let wanted = Int(min(count - done, Int64(buffer.count)))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
            let got =
                switch source {
                case .file(let file, let offset): try file.read(at: offset + done, into: part)
                case .stream(let stream): try stream.readStream(into: part)
                }
            let bytes = UnsafeRawBufferPointer(rebasing: part[..<got])
            queue.submit(bytes)
            crc.update(bytes)
            try writer?.write(bytes)
            done += Int64(got)
            report(Int64(got))
            if got < wanted { break }
        }
        return DataOutcome(digest: try queue.finish(), crc32: crc.value, count: done)
    }
}

/// Writes chunks one behind the other and keeps the system's pile of unwritten pages small.
private struct PipelineWriter {
    /// Bytes that are handed to the medium at once; at most three times as many wait for it.
    private static let window: Int64 = 16 << 20

    private let target: DataTarget
    private var written: Int64 = 0
    private var started: Int64 = 0
    private var finished: Int64 = 0

    init(_ target: DataTarget) {
        self.target = target
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        switch target {
        case .stream(let stream): try stream.writeStream(bytes)
        case .file(let file, let start):
            try file.write(bytes, at: start + written)
            written += Int64(bytes.count)
            guard written - started >= Self.window else { return }
            try file.startWriteBack(at: start + started, count: written - started)
            started = written
            guard started - finished > 2 * Self.window else { return }
            try file.finishWriteBack(at: start + finished, count: Self.window)
            file.dropCache(at: start + finished, count: Self.window)
            finished += Self.window
        }
    }
}
