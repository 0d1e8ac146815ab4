// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
package import SystemPackage

/// Owns one open file descriptor; closed when the last reference goes.
///
/// Positioned reads and writes may come from several threads at once; sequential ones from one at a time.
package final class OwnedDescriptor: Sendable {
    /// The descriptor's number, for system calls while this object lives.
    package let raw: CInt
    /// The file as the person knows it, for messages.
    package let path: String

    /// Takes over a descriptor.
    package init(owning raw: CInt, path: String) {
        self.raw = raw
        self.path = path
    }

    deinit { _ = Glibc.close(raw) }

    /// Opens a file for reading, close-on-exec.
    ///
    /// Links are followed; it never waits for a FIFO's writer to appear.
    ///
    /// - Throws: `FileError`; `wrongType` for a folder.
    package static func open(reading path: FilePath) throws(FileError) -> OwnedDescriptor {
        let shown = path.string
        let raw = path.withPlatformString { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard raw >= 0 else { throw FileError(.lastError, while: "open", shown) }
        let file = OwnedDescriptor(owning: raw, path: shown)
        guard try file.status().kind != .folder else { throw FileError(.isDirectory, while: "read", shown) }
        _ = fcntl(raw, F_SETFL, fcntl(raw, F_GETFL) & ~O_NONBLOCK)
        return file
    }

    /// A duplicate of a descriptor that stays open for its owner, standard input for example.
    ///
    /// - Throws: `FileError`.
    package static func duplicating(_ raw: CInt, path: String) throws(FileError) -> OwnedDescriptor {
        let copy = fcntl(raw, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw FileError(.lastError, while: "use", path) }
        return OwnedDescriptor(owning: copy, path: path)
    }

    /// Type, size and identity of the open file.
    ///
    /// - Throws: `FileError`.
    package func status() throws(FileError) -> FileStatus {
        var info = stat()
        guard fstat(raw, &info) == 0 else { throw FileError(.lastError, while: "look at", path) }
        return FileStatus(info)
    }

    /// Makes what was written durable.
    ///
    /// - Throws: `FileError`; after one the content counts as lost.
    package func sync() throws(FileError) {
        while fsync(raw) != 0 {
            let errno = Errno.lastError
            guard errno == .interrupted else { throw FileError(errno, while: "sync", path) }
        }
    }

    /// Cuts or extends the file to `size` bytes.
    ///
    /// - Throws: `FileError`.
    package func truncate(to size: Int64) throws(FileError) {
        guard ftruncate(raw, off_t(size)) == 0 else { throw FileError(.lastError, while: "resize", path) }
    }

    /// Reserves `count` bytes from `fileOffset` on, where the file system can; no error where it cannot.
    ///
    /// In memory nothing is reserved: the system would clear every page before it is written.
    ///
    /// - Parameters:
    ///   - fileOffset: Where the room starts.
    ///   - count: Bytes.
    ///   - isKeepingSize: Whether the file's size stays until bytes are written, so that it tells how many were.
    /// - Throws: `FileError`, code `noSpace`, when there is not enough room.
    package func reserve(at fileOffset: Int64, count: Int64, keepingSize isKeepingSize: Bool = false) throws(FileError)
    {
        guard count > 0, linux_file_system_type(raw) != Int(TMPFS_MAGIC),
            linux_allocate(raw, isKeepingSize ? 1 : 0, fileOffset, count) != 0
        else { return }
        let errno = Errno.lastError
        guard errno == .noSpace || errno == .fileTooLarge else { return }
        throw FileError(errno, while: "reserve room in", path)
    }
}

extension Errno {
    /// The error number of the system call just made on this thread.
    package static var lastError: Errno { Errno(rawValue: Glibc.errno) }
}
