// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Dispatch
internal import Synchronization

/// Writes buffers to a file, one behind the other, on a thread of its own.
final class WriteQueue: Sendable {
    private let queue = DispatchQueue(label: "baigo.write", qos: .userInitiated)
    private let writer: Mutex<FileWriter>
    private let failure = Mutex<FileError?>(nil)

    /// Makes a queue for one file.
    init(_ writer: FileWriter) {
        self.writer = Mutex(writer)
    }

    /// Has the first `count` bytes of a buffer written; nothing is written any more after a failure.
    ///
    /// - Throws: `FileError`, when writing an earlier buffer failed.
    func submit(_ loan: BufferLoan, count: Int) throws(FileError) {
        try check()
        queue.async { [self] in
            guard failure.withLock({ $0 }) == nil else { return }
            do throws(FileError) {
                try loan.read(count) { bytes throws(FileError) in try write(bytes) }
            } catch {
                failure.withLock { $0 = error }
            }
        }
    }

    /// Waits until nothing is being written any more.
    func drain() { queue.sync {} }

    /// Waits until everything submitted is written.
    ///
    /// - Throws: `FileError`, when writing failed.
    func finish() throws(FileError) {
        drain()
        try check()
    }

    private func check() throws(FileError) {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        let result: Result<Void, FileError> = writer.withLock { writer in
            do throws(FileError) { return .success(try writer.write(bytes)) } catch { return .failure(error) }
        }
        try result.get()
    }
}
