// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// What stood at the end of a package before `sign` overwrote it, saved beside it as `NAME.baigo-undo`.
///
/// The file is: `baigo-undo 1` and LF; the size of the package and the offset of the tail, eight bytes little-endian
/// each; the tail; the SHA-256 of all of that. It is complete and synced before the package is touched and removed when
/// the package is synced, so a complete one says how the package ended before, and an incomplete one means nothing.
/// Readers read through it and leave both files alone; the next `sign` puts the tail back.
struct SigningJournal: Sendable {
    private static let magic = Array("baigo-undo 1\n".utf8)
    private static let suffix = ".baigo-undo"
    /// Lists, signatures and central directory: no tail is larger.
    private static let maximumBytes = 64 << 20

    /// Bytes of the package before.
    let packageSize: Int64
    /// Where the tail begins.
    let tailOffset: Int64
    let tail: [UInt8]

    private var bytes: [UInt8] {
        get throws(BundleError) {
            var bytes = Self.magic
            bytes.append(littleEndian: packageSize)
            bytes.append(littleEndian: tailOffset)
            bytes += tail
            return bytes + (try SHA256Digest(of: bytes)).bytes
        }
    }

    /// Saves the end of a package from `tailOffset` on.
    init(of package: OwnedDescriptor, from tailOffset: Int64) throws {
        packageSize = try package.status().size
        self.tailOffset = tailOffset
        tail = try package.bytes(at: tailOffset, count: Int(packageSize - tailOffset))
    }

    /// Reads a journal; `nil` for one that is not complete.
    private init?(reading bytes: [UInt8]) throws {
        let fixed = Self.magic.count + 16
        guard bytes.count >= fixed + 32, bytes.starts(with: Self.magic),
            try SHA256Digest(of: Array(bytes.dropLast(32))).bytes == Array(bytes.suffix(32))
        else { return nil }
        var cursor = ByteCursor(bytes[Self.magic.count..<fixed], of: "a journal")
        tail = Array(bytes[fixed..<bytes.count - 32])
        guard let size = Int64(exactly: try cursor.u64()), let offset = Int64(exactly: try cursor.u64()),
            offset <= size, size - offset == Int64(tail.count)
        else { return nil }
        packageSize = size
        tailOffset = offset
    }

    /// The journal's own name: that of the package with an ending, or the start of its digest where that is too long.
    static func name(for package: String) throws(BundleError) -> String {
        let name = package + suffix
        guard name.utf8.count > EntryName.maximumPartBytes else { return name }
        return String(try SHA256Digest(of: Array(package.utf8)).hex.prefix(32)) + suffix
    }

    /// Writes the journal beside the package `name` and makes it durable; who may read the package may read it.
    func save(beside name: String, in folder: Folder, mode: UInt32) throws {
        let journal = try Self.name(for: name)
        if try folder.status(of: journal) != nil { try folder.removeFile(journal) }
        let file = try folder.file(creating: journal, mode: mode & 0o444 | 0o600)
        do {
            try file.writeAll(try bytes, at: 0)
            try file.sync()
            try folder.sync()
        } catch {
            try? folder.removeFile(journal)
            throw error
        }
    }

    /// Removes the journal once the package is as it should be.
    static func remove(beside name: String, in folder: Folder) throws {
        try folder.removeFile(try self.name(for: name))
        try folder.sync()
    }

    /// Puts the tail back.
    func restore(_ package: OwnedDescriptor) throws(FileError) {
        try package.writeAll(tail, at: tailOffset)
        try package.truncate(to: packageSize)
        try package.sync()
    }

    /// Whether the package ends as the journal says.
    private func isRestored(in package: OwnedDescriptor) throws(FileError) -> Bool {
        guard try package.status().size == packageSize else { return false }
        return try package.bytes(at: tailOffset, count: tail.count) == tail
    }

    /// The journal through which a package has to be read, since its signing was interrupted; `nil` for none.
    ///
    /// Nothing is changed.
    ///
    /// - Parameters:
    ///   - path: The package.
    ///   - file: The same, open.
    /// - Returns: The journal.
    /// - Throws: `FileError`, code `locked`, while another process signs; `permission` where the journal is closed to
    ///   this user.
    static func pending(beside path: FilePath, of file: OwnedDescriptor) throws -> SigningJournal? {
        guard let (folder, name) = try place(of: path), try isCurrent(file, name, in: folder),
            let journal = try find(beside: name, in: folder, for: file)
        else { return nil }
        try lock(file, shared: true)
        unlock(file)
        return try journal.isRestored(in: file) ? nil : journal
    }

    /// Restores a package whose signing was interrupted; does nothing where no journal counts.
    ///
    /// The package has to be open for writing and locked.
    ///
    /// - Returns: Whether the package was changed.
    /// - Throws: `FileError`.
    static func playBack(on file: OwnedDescriptor, named name: String, in folder: Folder) throws -> Bool {
        guard let journal = try find(beside: name, in: folder, for: file) else { return false }
        let isRestored = try journal.isRestored(in: file)
        if !isRestored { try journal.restore(file) }
        try remove(beside: name, in: folder)
        return !isRestored
    }

    /// A complete journal that may speak for the package: made by its owner or this user, writable by nobody else, and
    /// about this package's list of entries and signatures alone.
    private static func find(
        beside name: String, in folder: Folder, for package: OwnedDescriptor
    ) throws -> SigningJournal? {
        let journalName = try self.name(for: name)
        guard let listed = try folder.status(of: journalName), isTrustworthy(listed, for: try package.status()) else {
            return nil
        }
        let file: OwnedDescriptor
        do throws(FileError) {
            file = try folder.file(reading: journalName)
        } catch {
            // Whoever signed has just finished.
            guard error.code == .notFound else { throw error }
            return nil
        }
        guard isTrustworthy(try file.status(), for: try package.status()) else { return nil }
        let bytes = try file.bytes(at: 0, count: maximumBytes + 1)
        guard bytes.count <= maximumBytes, let journal = try SigningJournal(reading: bytes) else { return nil }
        return try journal.fits(package) ? journal : nil
    }

    private static func isTrustworthy(_ journal: FileStatus, for package: FileStatus) -> Bool {
        journal.kind == .regular && journal.linkCount == 1 && journal.mode & 0o022 == 0
            && journal.size <= Int64(maximumBytes) && (journal.owner == package.owner || journal.owner == geteuid())
    }

    /// Whether the package would be well-formed with this tail, which holds its central directory and, in front of it,
    /// `checksums.txt.asc` at the most: so the data of a package is never a journal's.
    private func fits(_ package: OwnedDescriptor) throws -> Bool {
        guard tailOffset > 0, try package.status().size >= tailOffset else { return false }
        let directory: ZipDirectory
        do {
            directory = try ZipDirectory(reading: RestoredSource(package: package, journal: self))
        } catch is BundleError {
            return false
        }
        let last = directory.entries.last
        return directory.tail.directoryOffset == tailOffset
            || last?.name == PackageEntryName.signature && last?.headerOffset == tailOffset
    }

    /// Whether the open file is the one that has the name now.
    static func isCurrent(_ file: OwnedDescriptor, _ name: String, in folder: Folder) throws(FileError) -> Bool {
        let status = try file.status()
        guard let listed = try folder.status(of: name) else { return false }
        return listed.isSameFile(as: status)
    }

    /// The real folder and name of a package, links resolved.
    static func place(of path: FilePath) throws -> (Folder, String)? {
        guard let real = path.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(real) }
        let resolved = FilePath(platformString: real)
        guard let name = resolved.lastComponent?.string else { return nil }
        return (try Folder.open(resolved.removingLastComponent()), name)
    }

    /// Opens a package of a folder for reading and writing.
    static func open(writing name: String, in folder: Folder) throws(FileError) -> OwnedDescriptor {
        let raw = openat(folder.raw, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard raw >= 0 else { throw FileError(.lastError, while: "open", folder.path(of: name)) }
        return OwnedDescriptor(owning: raw, path: folder.path(of: name))
    }

    /// Lets others sign again, by name: a child process that was forked and has not yet started its program shares the
    /// open file, and would keep the lock for a moment after it is closed here.
    static func unlock(_ package: OwnedDescriptor) { flock(package.raw, LOCK_UN) }

    /// Keeps others from signing or restoring until `unlock`.
    ///
    /// A shared lock, for which reading is enough, only tells whether someone does.
    static func lock(_ package: OwnedDescriptor, shared isShared: Bool = false) throws(FileError) {
        guard flock(package.raw, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 else { return }
        let errno = Errno.lastError
        guard errno == .wouldBlock else { throw FileError(errno, while: "lock", package.path) }
        throw FileError(
            .locked, "\(package.path.escapedForTerminal) is being signed by another process",
            hint: "Wait until it has finished.")
    }
}

/// A package as it was before, read through the journal.
struct RestoredSource: ZipSource {
    let package: OwnedDescriptor
    let journal: SigningJournal
    var startOffset: Int64 { 0 }
    var size: Int64 { journal.packageSize }

    func bytes(at fileOffset: Int64, count: Int) throws -> [UInt8] {
        let kept = Int(max(0, min(Int64(count), journal.tailOffset - fileOffset)))
        let head = try package.bytes(at: fileOffset, count: kept)
        let start = Int(max(0, fileOffset - journal.tailOffset))
        guard head.count == kept else { throw BundleError.sourceChanged(package.path) }
        return head + journal.tail[start..<start + count - kept]
    }
}
