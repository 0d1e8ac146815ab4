// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc

extension OwnedDescriptor {
    /// Makes this empty file share the content of another, where the file system can.
    ///
    /// - Returns: Whether it does; nothing has changed where it does not.
    ///
    /// Source: ioctl_ficlonerange(2).
    package func clone(_ source: OwnedDescriptor) -> Bool {
        linux_clone_range(raw, 0, source.raw, 0, 0) == 0
    }

    /// Makes this empty file share the blocks of a range of another, where the file system can; bytes behind the last
    /// whole block are copied.
    ///
    /// - Returns: Whether it does; nothing has changed where it does not. The file is shorter than `count` where the
    ///   source ends.
    /// - Throws: `FileError`, from copying the last bytes.
    package func clone(_ source: OwnedDescriptor, at fileOffset: Int64, count: Int64) throws(FileError) -> Bool {
        let shared = count / Self.blockBytes * Self.blockBytes
        guard shared > 0, fileOffset % Self.blockBytes == 0,
            linux_clone_range(raw, 0, source.raw, fileOffset, shared) == 0
        else { return false }
        try writeAll(try source.bytes(at: fileOffset + shared, count: Int(count - shared)), at: shared)
        return true
    }

    /// The block of most file systems, and what the data in a package is aligned to.
    private static var blockBytes: Int64 { 4096 }
}
