// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Who besides their owner may read the files and folders that are made in a folder; nobody else may ever write them.
package enum FolderAccess: Sendable {
    case owner
    case group
    case everyone

    /// Whom a folder's own mode lets in.
    package init(mode: UInt32) {
        self = mode & 0o005 == 0o005 ? .everyone : mode & 0o050 == 0o050 ? .group : .owner
    }

    /// The mode of a folder.
    package var folderMode: UInt32 {
        switch self {
        case .owner: 0o700
        case .group: 0o750
        case .everyone: 0o755
        }
    }

    /// The mode of a file.
    package var fileMode: UInt32 {
        switch self {
        case .owner: 0o600
        case .group: 0o640
        case .everyone: 0o644
        }
    }
}

extension OwnedDescriptor {
    /// Lets others read what was just made, whatever the umask is.
    ///
    /// - Throws: `FileError`.
    package func grant(_ access: FolderAccess, folder isFolder: Bool) throws(FileError) {
        guard access != .owner else { return }
        let mode = try status().mode & 0o2000 | (isFolder ? access.folderMode : access.fileMode)
        guard fchmod(raw, mode) == 0 else { throw FileError(.lastError, while: "let others read", path) }
    }
}
