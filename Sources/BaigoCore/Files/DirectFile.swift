// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A file whose data moves between memory and medium without a copy in the page cache, as far as the file system can.
///
/// What it refuses, and the odd bytes at the end, go through the page cache; each transfer is complete either way.
/// Direct are transfers of whole pages at whole pages in the file, to and from memory on page boundaries.
///
/// Source: open(2), `O_DIRECT`.
package final class DirectFile: Sendable {
    /// What a descriptor is opened for.
    package enum Access: Sendable { case reading, writing }

    /// Bytes that offset, size and address of a direct transfer are multiples of.
    package static let alignment = 4096

    private let file: OwnedDescriptor
    private let direct: OwnedDescriptor
    private let isRefused = Atomic<Bool>(false)

    /// Opens the file of a descriptor once more; `nil` where its file system, or a missing `/proc`, does not allow it.
    ///
    /// The descriptor itself stays as it is.
    package init?(_ file: OwnedDescriptor, _ access: Access) {
        let flags = (access == .writing ? O_WRONLY : O_RDONLY) | O_CLOEXEC | CInt(LINUX_O_DIRECT)
        let raw = open("/proc/self/fd/\(file.raw)", flags)
        guard raw >= 0 else { return nil }
        self.file = file
        direct = OwnedDescriptor(owning: raw, path: file.path)
    }

    /// Whether the file system has refused nothing so far.
    package var isDirect: Bool { !isRefused.load(ordering: .relaxed) }

    /// Reads up to the buffer's size from `fileOffset` on.
    ///
    /// - Returns: Bytes read; fewer than asked for only at the end of the file.
    /// - Throws: `FileError`.
    package func read(at fileOffset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
        var done = 0
        let whole = buffer.count / Self.alignment * Self.alignment
        while isDirect, done < whole, done % Self.alignment == 0 {
            let count = pread(
                direct.raw, buffer.baseAddress?.advanced(by: done), whole - done, off_t(fileOffset) + off_t(done))
            if count == 0 { return done }
            if count > 0 { done += count } else { try recover(from: .lastError, "read") }
        }
        guard done < buffer.count else { return done }
        return done
            + (try file.read(
                at: fileOffset + Int64(done), into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...])))
    }

    /// Writes all bytes at `fileOffset`.
    ///
    /// - Throws: `FileError`.
    package func write(_ bytes: UnsafeRawBufferPointer, at fileOffset: Int64) throws(FileError) {
        var done = 0
        let whole = bytes.count / Self.alignment * Self.alignment
        while isDirect, done < whole, done % Self.alignment == 0 {
            let count = pwrite(
                direct.raw, bytes.baseAddress?.advanced(by: done), whole - done, off_t(fileOffset) + off_t(done))
            if count == 0 { break }
            if count > 0 { done += count } else { try recover(from: .lastError, "write") }
        }
        guard done < bytes.count else { return }
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[done...]), at: fileOffset + Int64(done))
    }

    private func recover(from errno: Errno, _ action: String) throws(FileError) {
        switch errno {
        case .interrupted: return
        case .invalidArgument, .notSupported: isRefused.store(true, ordering: .relaxed)
        default: throw FileError(errno, while: action, file.path)
        }
    }
}
