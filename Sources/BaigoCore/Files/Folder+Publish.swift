// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
package import SystemPackage

extension Folder {
    /// Puts a small file in place whole: written under another name, synced, renamed, the folder synced.
    ///
    /// - Throws: `FileError`; then the old file, if any, is untouched.
    package func publish(_ bytes: [UInt8], as name: String, mode: UInt32? = nil) throws(FileError) {
        let draft = ".\(name).\(getpid())\(Self.draftEnding)"
        if try status(of: draft) != nil { try removeFile(draft) }
        let file = try file(creating: draft, mode: mode)
        do throws(FileError) {
            try file.writeAll(bytes, at: 0)
            try file.sync()
            try rename(draft, to: name)
        } catch {
            _ = unlinkat(raw, draft, 0)
            throw error
        }
        try sync()
    }

    private static var draftEnding: String { ".partial" }

    /// Removes what a `publish` whose process died left here; only where nobody else can be publishing.
    ///
    /// - Throws: `FileError`.
    package func removeDrafts() throws(FileError) {
        for name in try names() where name.hasPrefix(".") && name.hasSuffix(Self.draftEnding) {
            guard try status(of: name)?.kind == .regular else { continue }
            try removeFile(name)
        }
    }

    /// Opens a folder by path, making it and its missing parents with `mode`.
    ///
    /// - Throws: `FileError`.
    package static func open(making path: FilePath, mode: UInt32 = 0o700) throws(FileError) -> Folder {
        var built = FilePath(path.isAbsolute ? "/" : ".")
        for part in path.components {
            built.append(part)
            let made = built.withPlatformString { mkdir($0, mode) }
            if made != 0 {
                let errno = Errno.lastError
                guard errno == .fileExists || access(built.string, F_OK) == 0 else {
                    throw FileError(errno, while: "make folder", built.string)
                }
            }
        }
        return try open(path)
    }

    /// Opens the nearest folder that exists on the way to `path`.
    ///
    /// - Throws: `FileError`.
    package static func nearest(to path: FilePath) throws(FileError) -> Folder {
        var candidate = path
        while true {
            do throws(FileError) {
                return try open(candidate.isEmpty ? "." : candidate)
            } catch {
                guard error.code == .notFound, candidate.removeLastComponent() else { throw error }
            }
        }
    }

    /// Bytes that an unprivileged user can still write to this folder's file system.
    ///
    /// - Throws: `FileError`.
    package func freeSpace() throws(FileError) -> ByteCount {
        var info = statvfs()
        guard fstatvfs(raw, &info) == 0 else { throw FileError(.lastError, while: "look at", path) }
        return ByteCount(UInt64(info.f_bavail) &* UInt64(info.f_frsize))
    }

    /// Whether nothing can be written to this folder's file system, as it is mounted here.
    ///
    /// - Throws: `FileError`.
    package func isOnReadOnlyFileSystem() throws(FileError) -> Bool {
        var info = statvfs()
        guard fstatvfs(raw, &info) == 0 else { throw FileError(.lastError, while: "look at", path) }
        return info.f_flag & UInt(ST_RDONLY) != 0
    }

    /// The largest file that this folder's file system takes, where it has a limit below 16 TiB that is known.
    package var maximumFileSize: ByteCount? {
        linux_file_system_type(raw) == Int(MSDOS_SUPER_MAGIC) ? ByteCount((Int64(1) << 32) - 1) : nil
    }
}

extension OwnedDescriptor {
    /// Writes all bytes of an array at `fileOffset`.
    ///
    /// - Throws: `FileError`.
    package func writeAll(_ bytes: [UInt8], at fileOffset: Int64) throws(FileError) {
        var failure: FileError?
        bytes.withUnsafeBytes { buffer in
            do throws(FileError) { try write(buffer, at: fileOffset) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
