// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
package import SystemPackage

/// A file system in a file, mounted on a folder of a test; needs a user who may mount, and loop devices.
package final class LoopFileSystem: Sendable {
    /// A kind of file system, by the program that makes it.
    package enum Kind: String, Sendable {
        case ext4
        /// One that shares blocks between files.
        case xfs

        fileprivate var options: [String] {
            switch self {
            case .ext4: ["-q", "-F", "-O", "^has_journal"]
            case .xfs: ["-q", "-m", "reflink=1"]
            }
        }

        /// Bytes of the smallest one that the program makes.
        package var minimumBytes: Int64 {
            switch self {
            case .ext4: 4 << 20
            case .xfs: 300 << 20
            }
        }

        /// Whether this process may make and mount one.
        package var isAvailable: Bool {
            guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
            return (try? LoopFileSystem(self, around: folder.path)) != nil
        }
    }

    /// Where it is mounted.
    package let path: FilePath

    /// Makes and mounts a file system in a folder.
    ///
    /// - Throws: `FileError` with the words of mkfs or mount.
    package init(_ kind: Kind, around folder: FilePath, bytes: Int64? = nil) throws {
        let image = folder.appending("\(kind.rawValue).image")
        path = folder.appending(kind.rawValue)
        let around = try Folder.open(folder)
        try around.file(creating: image.lastComponent?.string ?? "").truncate(to: bytes ?? kind.minimumBytes)
        _ = try around.folder(making: kind.rawValue)
        try Self.run("mkfs.\(kind.rawValue)", kind.options + [image.string])
        try Self.run("mount", ["-o", "loop", image.string, path.string])
    }

    deinit { _ = try? Self.run("umount", ["--lazy", path.string]) }

    private static func run(_ name: String, _ arguments: [String]) throws {
        let result = try Program(name).run(arguments)
        guard result.status == 0 else { throw FileError(.permission, "\(name): \(result.errorOutput)") }
    }
}
