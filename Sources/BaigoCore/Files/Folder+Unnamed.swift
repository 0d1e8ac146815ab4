// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import SystemPackage

extension Folder {
    /// Makes a file without a name in this folder's file system, open for reading and writing.
    ///
    /// The system removes it with its last descriptor, however the process ends.
    ///
    /// `name` stands for the file in messages.
    ///
    /// - Returns: `nil` where the file system, or a missing `/proc`, does not allow one that can be named later.
    /// - Throws: `FileError`.
    ///
    /// Source: open(2), `O_TMPFILE`.
    package func unnamedFile(for name: String, mode: UInt32 = 0o600) throws(FileError) -> OwnedDescriptor? {
        guard access("/proc/self/fd", X_OK) == 0 else { return nil }
        let raw = openat(self.raw, ".", O_RDWR | O_CLOEXEC | CInt(LINUX_O_TMPFILE), mode)
        if raw >= 0 { return OwnedDescriptor(owning: raw, path: path(of: name)) }
        let errno = Errno.lastError
        switch errno {
        case .notSupported, .isDirectory, .invalidArgument, .noSuchFileOrDirectory: return nil
        default: throw FileError(errno, while: "create a file in", path)
        }
    }

    /// Gives a file without a name its name.
    ///
    /// - Throws: `FileError`, code `exists`, when the name is taken.
    package func link(unnamed file: OwnedDescriptor, as name: String) throws(FileError) {
        try checkPart(name)
        guard linkat(AT_FDCWD, "/proc/self/fd/\(file.raw)", raw, name, AT_SYMLINK_FOLLOW) == 0 else {
            throw FileError(.lastError, while: "create", path(of: name))
        }
    }
}
