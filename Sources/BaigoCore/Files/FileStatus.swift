// SPDX-License-Identifier: Apache-2.0

package import Glibc

/// What the system says of a file: type, size, identity, owner.
package struct FileStatus: Sendable, Equatable {
    /// The type of a file.
    package enum Kind: Sendable { case regular, folder, link, pipe, other }

    package let kind: Kind
    /// Bytes.
    package let size: Int64
    /// Device and inode together name the file.
    package let device: UInt64
    package let inode: UInt64
    /// The owner's user number.
    package let owner: UInt32
    /// The permission bits, `0o7777` at the most.
    package let mode: UInt32
    /// Last change of the content, in nanoseconds since 1970.
    package let modifiedNanoseconds: Int64
    /// Bytes of the medium that belong to the file, reserved ones too.
    package let allocatedBytes: Int64
    /// Names of this file in its file system.
    package let linkCount: UInt64

    package init(_ info: stat) {
        kind =
            switch info.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .folder
            case S_IFLNK: .link
            case S_IFIFO, S_IFSOCK: .pipe
            default: .other
            }
        size = Int64(info.st_size)
        device = UInt64(info.st_dev)
        inode = UInt64(info.st_ino)
        owner = info.st_uid
        mode = info.st_mode & 0o7777
        modifiedNanoseconds = Int64(info.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(info.st_mtim.tv_nsec)
        allocatedBytes = Int64(info.st_blocks) &* 512
        linkCount = UInt64(info.st_nlink)
    }

    /// Whether both describe one file that did not change in between.
    package func isUnchanged(since earlier: FileStatus) -> Bool {
        device == earlier.device && inode == earlier.inode && size == earlier.size
            && modifiedNanoseconds == earlier.modifiedNanoseconds
    }
}

extension FileStatus {
    /// Whether both describe one file or folder, under whatever names, and whatever became of its content.
    package func isSameFile(as other: FileStatus?) -> Bool { device == other?.device && inode == other?.inode }
}
