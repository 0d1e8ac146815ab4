// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

extension OwnedDescriptor {
    /// Reads up to the buffer's size from `fileOffset` on.
    ///
    /// - Returns: Bytes read; fewer than asked for only at the end of the file.
    /// - Throws: `FileError`.
    package func read(at fileOffset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(
                raw, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(fileOffset) + done)
            if count == 0 { break }
            if count < 0 {
                let errno = Errno.lastError
                if errno == .interrupted { continue }
                throw FileError(errno, while: "read", path)
            }
            done += count
        }
        return done
    }

    /// The bytes of a range; fewer only where the file ends.
    ///
    /// - Throws: `FileError`.
    package func bytes(at fileOffset: Int64, count: Int) throws(FileError) -> [UInt8] {
        // The empty array is one for all threads, and is not to be written to.
        guard count > 0 else { return [] }
        var failure: FileError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(FileError) {
                filled = try read(at: fileOffset, into: UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
                filled = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads sequentially until the buffer is full or the stream ends, watching for cancellation while it waits.
    ///
    /// - Returns: Bytes read; fewer than asked for only at the end.
    /// - Throws: `FileError`, or `CancellationError` when the task is cancelled.
    package func readStream(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var done = 0
        while done < buffer.count {
            try waitReadable()
            let count = Glibc.read(raw, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            if count == 0 { break }
            if count < 0 {
                let errno = Errno.lastError
                if errno == .interrupted || errno == .wouldBlock { continue }
                throw FileError(errno, while: "read", path)
            }
            done += count
        }
        return done
    }

    /// Waits until a stream has bytes and takes what is there.
    ///
    /// - Returns: At least one byte; none at the end.
    /// - Throws: `FileError`, or `CancellationError` when the task is cancelled.
    package func nextAvailable(atMost count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        while true {
            try waitReadable()
            let taken = Glibc.read(raw, &bytes, count)
            if taken >= 0 { return Array(bytes.prefix(taken)) }
            let errno = Errno.lastError
            guard errno == .interrupted || errno == .wouldBlock else { throw FileError(errno, while: "read", path) }
        }
    }

    private func waitReadable() throws {
        while true {
            try Task.checkCancellation()
            var request = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
            let ready = poll(&request, 1, 100)
            if ready > 0 { return }
            if ready < 0, Errno.lastError != .interrupted { throw FileError(.lastError, while: "read", path) }
        }
    }

    /// Writes all bytes at `fileOffset`.
    ///
    /// - Throws: `FileError`.
    package func write(_ bytes: UnsafeRawBufferPointer, at fileOffset: Int64) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(raw, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(fileOffset) + done)
            if count < 0 {
                let errno = Errno.lastError
                if errno == .interrupted { continue }
                throw FileError(errno, while: "write", path)
            }
            done += count
        }
    }

    /// Appends all bytes to a file that is open for that.
    ///
    /// - Throws: `FileError`.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(raw, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if count < 0 {
                let errno = Errno.lastError
                if errno == .interrupted { continue }
                throw FileError(errno, while: "write", path)
            }
            done += count
        }
    }
}
