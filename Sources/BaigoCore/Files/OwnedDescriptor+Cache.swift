// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
internal import SystemPackage

extension OwnedDescriptor {
    /// Says that the file is read once from front to back: the system reads ahead, and keeps what others use more often
    /// in its cache before this.
    ///
    /// What was in the cache before stays there.
    package func expectSequentialReading() {
        _ = posix_fadvise(raw, 0, 0, POSIX_FADV_SEQUENTIAL)
        _ = posix_fadvise(raw, 0, 0, POSIX_FADV_NOREUSE)
    }

    /// Lets the system forget a range that is on the medium; `count` 0 means up to the end.
    package func dropCache(at fileOffset: Int64, count: Int64) {
        _ = posix_fadvise(raw, off_t(fileOffset), off_t(count), POSIX_FADV_DONTNEED)
    }

    /// Has a range written to the medium without waiting for it.
    ///
    /// - Throws: `FileError`, when earlier writing failed; `sync` would not say so again.
    package func startWriteBack(at fileOffset: Int64, count: Int64) throws(FileError) {
        try writeBack(fileOffset, count, writeFlag)
    }

    /// Waits until a range is written to the medium.
    ///
    /// Only `sync` makes it durable.
    ///
    /// - Throws: `FileError`, when writing failed; `sync` would not say so again.
    package func finishWriteBack(at fileOffset: Int64, count: Int64) throws(FileError) {
        try writeBack(fileOffset, count, 1 | writeFlag | 4)
    }

    private var writeFlag: UInt32 { 2 }

    private func writeBack(_ fileOffset: Int64, _ count: Int64, _ flags: UInt32) throws(FileError) {
        guard linux_sync_range(raw, fileOffset, count, flags) != 0 else { return }
        let errno = Errno.lastError
        switch errno {
        case .ioError, .noSpace, .diskQuotaExceeded: throw FileError(errno, while: "write", path)
        default: return
        }
    }
}
