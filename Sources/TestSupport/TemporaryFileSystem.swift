// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
package import SystemPackage

/// A small file system in memory, mounted on a folder of a test; needs a user who may mount.
package final class TemporaryFileSystem: Sendable {
    /// Where it is mounted.
    package let path: FilePath

    /// Whether this process may mount file systems.
    package static let isAvailable: Bool = {
        guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
        return (try? TemporaryFileSystem(at: folder.path, bytes: 1 << 20)) != nil
    }()

    /// Mounts a file system that holds `bytes` bytes on an empty folder.
    ///
    /// - Throws: `FileError` with the words of mount.
    package init(at path: FilePath, bytes: Int) throws {
        self.path = path
        try Self.run("mount", ["-t", "tmpfs", "-o", "size=\(bytes),mode=0700", "baigo-test", path.string])
    }

    deinit { _ = try? Self.run("umount", ["--lazy", path.string]) }

    /// Makes it read-only, or writable again.
    ///
    /// - Throws: `FileError` with the words of mount.
    package func setReadOnly(_ isReadOnly: Bool) throws {
        try Self.run("mount", ["-o", isReadOnly ? "remount,ro" : "remount,rw", path.string])
    }

    private static func run(_ name: String, _ arguments: [String]) throws {
        let result = try Program(name).run(arguments)
        guard result.status == 0 else {
            throw FileError(.permission, "\(name): \(result.errorOutput)")
        }
    }
}
