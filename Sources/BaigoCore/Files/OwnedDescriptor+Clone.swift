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
}
