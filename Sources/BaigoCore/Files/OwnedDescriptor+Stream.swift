// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

extension OwnedDescriptor {
    /// Bytes that a pipe takes at once when it takes any; see pipe(7).
    private static let pageBytes = 4096

    /// A standard stream of the process, for `writeStream`.
    ///
    /// A pipe is opened once more, so that a write into it never waits: the flag for that belongs to the open file,
    /// which other processes share. Where that is impossible it is written page by page.
    ///
    /// - Throws: `FileError`.
    package static func writing(to raw: CInt, path: String) throws(FileError) -> OwnedDescriptor {
        let copy = try duplicating(raw, path: path)
        guard try copy.status().kind == .pipe else { return copy }
        let own = Glibc.open("/proc/self/fd/\(raw)", O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        return own >= 0 ? OwnedDescriptor(owning: own, path: path) : copy
    }

    /// Writes all bytes at the current position of a stream, watching for cancellation while its reader takes nothing.
    ///
    /// - Throws: `FileError`, code `outputClosed`, when the reader went away, for which SIGPIPE has to be ignored;
    ///   `CancellationError` when the task is cancelled.
    package func writeStream(_ bytes: UnsafeRawBufferPointer) throws {
        let kind = try status().kind
        let isReady = kind == .regular || kind == .other && isatty(raw) == 0
        let isWhole = isReady || fcntl(raw, F_GETFL) & O_NONBLOCK != 0
        var done = 0
        while done < bytes.count {
            if !isReady { try waitWritable() }
            let part = isWhole ? bytes.count - done : min(bytes.count - done, Self.pageBytes)
            let count = Glibc.write(raw, bytes.baseAddress?.advanced(by: done), part)
            if count < 0 {
                let errno = Errno.lastError
                if errno == .interrupted || errno == .wouldBlock { continue }
                throw FileError(errno, while: "write", path)
            }
            done += count
        }
    }

    /// The bytes from the present position on, of a file or of a pipe, `count` at the most.
    ///
    /// - Throws: `FileError`, or `CancellationError` when the task is cancelled while it waits.
    package func rest(atMost count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try bytes.withUnsafeMutableBytes { try readStream(into: $0) }
        bytes.removeLast(count - got)
        return bytes
    }

    private func waitWritable() throws {
        while true {
            var request = pollfd(fd: raw, events: Int16(POLLOUT), revents: 0)
            let ready = poll(&request, 1, 100)
            if ready > 0 { return }
            if ready < 0, Errno.lastError != .interrupted { throw FileError(.lastError, while: "write", path) }
            try Task.checkCancellation()
        }
    }
}
