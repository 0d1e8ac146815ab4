// SPDX-License-Identifier: Apache-2.0

internal import CLinux
internal import Glibc
package import SystemPackage

/// An open folder; everything in it is reached relative to its descriptor, never through a link.
///
/// A `name` is a single path part; one that is empty, `.`, `..` or has a `/` in it is refused wherever it comes from.
package final class Folder: Sendable {
    private let descriptor: OwnedDescriptor
    /// Who may read what is made in this folder and, handed on, in folders of it.
    package let readers: FolderAccess
    /// The folder as the person knows it.
    package var path: String { descriptor.path }
    /// The descriptor's number, for system calls while this object lives.
    package var raw: CInt { descriptor.raw }

    private init(_ descriptor: OwnedDescriptor, readers: FolderAccess = .owner) {
        self.descriptor = descriptor
        self.readers = readers
    }

    /// The same folder, in which others may read what is made.
    package func sharing(with readers: FolderAccess) -> Folder { Folder(descriptor, readers: readers) }

    /// Opens a folder by path; links on the way are followed.
    ///
    /// - Throws: `FileError`.
    package static func open(_ path: FilePath) throws(FileError) -> Folder {
        let raw = path.withPlatformString { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard raw >= 0 else { throw FileError(.lastError, while: "open folder", path.string) }
        return Folder(OwnedDescriptor(owning: raw, path: path.string))
    }

    /// The path of something in this folder, for messages.
    package func path(of name: String) -> String { path == "/" ? "/" + name : path + "/" + name }

    /// Refuses a name that is no single path part: it would lead out of this folder, or further in.
    ///
    /// - Throws: `FileError`, code `wrongType`.
    func checkPart(_ name: String) throws(FileError) {
        var count = 0
        var dots = 0
        var isPlain = true
        for byte in name.utf8 {
            count += 1
            if byte == UInt8(ascii: ".") { dots += 1 }
            if byte == UInt8(ascii: "/") || byte == 0 { isPlain = false }
        }
        guard isPlain, count > 0, dots < count || count > 2 else {
            throw FileError(
                .wrongType, "\"\(name.excerptForOneLine)\" is no name of anything in \(path.escapedForTerminal)",
                hint: "A name has no / in it, and is neither . nor ..")
        }
    }

    private func check(_ result: CInt, _ action: String, _ name: String) throws(FileError) {
        guard result == 0 else { throw FileError(.lastError, while: action, self.path(of: name)) }
    }

    /// Opens a folder in this one.
    ///
    /// - Throws: `FileError`; a link is not followed.
    package func folder(_ name: String) throws(FileError) -> Folder {
        try checkPart(name)
        let raw = openat(self.raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard raw >= 0 else { throw FileError(.lastError, while: "open folder", self.path(of: name)) }
        return Folder(OwnedDescriptor(owning: raw, path: self.path(of: name)), readers: readers)
    }

    /// Opens a folder in this one, making it if it is missing, with `mode` or for those who may read here.
    ///
    /// - Throws: `FileError`.
    package func folder(making name: String, mode: UInt32? = nil) throws(FileError) -> Folder {
        try checkPart(name)
        let isNew = mkdirat(raw, name, mode ?? readers.folderMode) == 0
        if !isNew, Errno.lastError != .fileExists {
            throw FileError(.lastError, while: "make folder", self.path(of: name))
        }
        let folder = try folder(name)
        if isNew, mode == nil { try folder.descriptor.grant(readers, folder: true) }
        return folder
    }

    /// Opens a file in this folder for reading.
    ///
    /// - Throws: `FileError`; a link or anything but a regular file is refused.
    package func file(reading name: String) throws(FileError) -> OwnedDescriptor {
        try checkPart(name)
        let raw = openat(self.raw, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { throw FileError(.lastError, while: "open", self.path(of: name)) }
        let file = OwnedDescriptor(owning: raw, path: self.path(of: name))
        guard try file.status().kind == .regular else {
            throw FileError(.wrongType, "\(file.path.escapedForTerminal) is not a regular file")
        }
        return file
    }

    /// Makes a new file, open for reading and writing.
    ///
    /// - Throws: `FileError`, code `exists`, when the name is taken.
    package func file(creating name: String, mode: UInt32? = nil) throws(FileError) -> OwnedDescriptor {
        try checkPart(name)
        let raw = openat(
            self.raw, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode ?? readers.fileMode)
        guard raw >= 0 else { throw FileError(.lastError, while: "create", self.path(of: name)) }
        let file = OwnedDescriptor(owning: raw, path: self.path(of: name))
        if mode == nil { try file.grant(readers, folder: false) }
        return file
    }

    /// Opens a file that is there for reading and writing.
    ///
    /// - Throws: `FileError`; a link is not followed.
    package func file(updating name: String) throws(FileError) -> OwnedDescriptor {
        try checkPart(name)
        let raw = openat(self.raw, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { throw FileError(.lastError, while: "open", self.path(of: name)) }
        return OwnedDescriptor(owning: raw, path: self.path(of: name))
    }

    /// Opens a file for reading and writing at the end, making it if it is missing.
    ///
    /// - Throws: `FileError`.
    package func file(appending name: String) throws(FileError) -> OwnedDescriptor {
        try checkPart(name)
        let raw = openat(self.raw, name, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, readers.fileMode)
        guard raw >= 0 else { throw FileError(.lastError, while: "open", self.path(of: name)) }
        let file = OwnedDescriptor(owning: raw, path: self.path(of: name))
        try file.grant(readers, folder: false)
        return file
    }

    /// The whole of a small file.
    ///
    /// - Throws: `FileError`; `wrongType` above `limit` bytes.
    package func bytes(of name: String, limit: Int = 16 << 20) throws(FileError) -> [UInt8] {
        let file = try file(reading: name)
        let bytes = try file.bytes(at: 0, count: limit + 1)
        guard bytes.count <= limit else {
            throw FileError(.wrongType, "\(file.path.escapedForTerminal) is larger than \(ByteCount(limit))")
        }
        return bytes
    }

    /// The whole of a small file; `nil` where there is none, or where it is removed meanwhile.
    ///
    /// - Throws: as `bytes(of:limit:)`.
    package func bytesIfPresent(of name: String, limit: Int = 16 << 20) throws(FileError) -> [UInt8]? {
        do throws(FileError) {
            return try bytes(of: name, limit: limit)
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// What is under a name; `nil` where nothing is.
    ///
    /// A link is described itself.
    ///
    /// - Throws: `FileError`.
    package func status(of name: String) throws(FileError) -> FileStatus? {
        try checkPart(name)
        var info = stat()
        if fstatat(raw, name, &info, AT_SYMLINK_NOFOLLOW) == 0 { return FileStatus(info) }
        let errno = Errno.lastError
        // Nothing can have a name that is too long.
        if errno == .noSuchFileOrDirectory || errno == .fileNameTooLong { return nil }
        throw FileError(errno, while: "look at", self.path(of: name))
    }

    /// Type, size and owner of this folder itself.
    ///
    /// - Throws: `FileError`.
    package func status() throws(FileError) -> FileStatus { try descriptor.status() }

    /// Moves something of this folder to `newName` in `target`, replacing a file or an empty folder there.
    ///
    /// - Throws: `FileError`.
    package func rename(_ name: String, to newName: String, in target: Folder? = nil) throws(FileError) {
        try checkPart(name)
        try (target ?? self).checkPart(newName)
        try check(renameat(raw, name, (target ?? self).raw, newName), "rename", name)
    }

    /// Moves something of this folder to `newName` in `target`, where nothing may be yet.
    ///
    /// - Throws: `FileError`, code `exists`, when the name is taken.
    package func rename(_ name: String, toNew newName: String, in target: Folder) throws(FileError) {
        try checkPart(name)
        try target.checkPart(newName)
        try check(linux_rename_new(raw, name, target.raw, newName), "rename", name)
    }

    /// Lets something of this folder and something in `target` change places in one step.
    ///
    /// - Throws: `FileError`, also where the file system cannot do that; renameat2(2).
    package func exchange(_ name: String, with other: String, in target: Folder) throws(FileError) {
        try checkPart(name)
        try target.checkPart(other)
        try check(linux_rename_exchange(raw, name, target.raw, other), "exchange", name)
    }

    /// Gives a file of this folder a second name in `target`.
    ///
    /// - Throws: `FileError`.
    package func link(_ name: String, to newName: String, in target: Folder) throws(FileError) {
        try checkPart(name)
        try target.checkPart(newName)
        try check(linkat(raw, name, target.raw, newName, 0), "link", name)
    }

    /// Removes a file.
    ///
    /// - Throws: `FileError`.
    package func removeFile(_ name: String) throws(FileError) {
        try checkPart(name)
        try check(unlinkat(raw, name, 0), "remove", name)
    }

    /// Removes a folder with everything in it; links in it are removed, not followed.
    ///
    /// - Throws: `FileError`.
    package func removeTree(_ name: String) throws(FileError) {
        let inner = try folder(name)
        for entry in try inner.names() {
            if try inner.status(of: entry)?.kind == .folder {
                try inner.removeTree(entry)
            } else {
                try inner.removeFile(entry)
            }
        }
        try check(unlinkat(raw, name, AT_REMOVEDIR), "remove folder", name)
    }

    /// Names in this folder but `.` and `..`, in byte order.
    ///
    /// - Throws: `FileError`; `wrongType` where a name is not UTF-8.
    package func names() throws(FileError) -> [String] {
        let (names, others) = try namesAndOthers()
        guard others.isEmpty else {
            throw FileError(.wrongType, "a name in \(path.escapedForTerminal) is not UTF-8", hint: "Rename it.")
        }
        return names
    }

    /// Names in this folder but `.` and `..`, in byte order, and what those that are not UTF-8 look like.
    ///
    /// - Throws: `FileError`.
    package func namesAndOthers() throws(FileError) -> (names: [String], others: [String]) {
        let copy = openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { throw FileError(.lastError, while: "list", path) }
        defer { closedir(stream) }
        var names: [String] = []
        var others: [String] = []
        while let entry = readdir(stream) {
            withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    if let name = String(validatingCString: $0) {
                        if name != "." && name != ".." { names.append(name) }
                    } else {
                        others.append(String(cString: $0))
                    }
                }
            }
        }
        return (names.sorted { $0.precedesBytewise($1) }, others.sorted())
    }

    /// Makes created, renamed and removed names durable.
    ///
    /// - Throws: `FileError`.
    package func sync() throws(FileError) { try descriptor.sync() }
}
