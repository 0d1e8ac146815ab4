// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// What stood at the end of a package before `sign` overwrote it, saved beside it as `NAME.baigo-undo`.
///
/// The file is: `baigo-undo 1` and LF; the size of the package and the offset of the tail, eight bytes little-endian
/// each; the tail; the SHA-256 of all of that. It is complete and synced before the package is touched and removed when
/// the package is synced, so whoever finds a complete one puts the tail back, and an incomplete one means nothing.
struct SigningJournal {
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

    /// Writes the journal beside the package `name` and makes it durable.
    func save(beside name: String, in folder: Folder) throws {
        let journal = name + Self.suffix
        if try folder.status(of: journal) != nil { try folder.removeFile(journal) }
        let file = try folder.file(creating: journal)
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
        try folder.removeFile(name + suffix)
        try folder.sync()
    }

    /// Puts the tail back.
    func restore(_ package: OwnedDescriptor) throws(FileError) {
        try package.writeAll(tail, at: tailOffset)
        try package.truncate(to: packageSize)
        try package.sync()
    }

    /// Restores a package whose signing was interrupted; does nothing where no complete journal is beside it.
    ///
    /// A journal that would not make a well-formed archive of the file is none of ours and is left alone.
    ///
    /// - Throws: `FileError`: `locked` while another process signs, `readOnly` or `permission` when the package cannot
    ///   be restored.
    static func playBack(beside path: FilePath) throws {
        guard let (folder, name) = try place(of: path) else { return }
        let journalName = name + suffix
        guard let status = try folder.status(of: journalName), status.kind == .regular,
            status.size <= Int64(maximumBytes),
            let journal = try SigningJournal(reading: try folder.bytes(of: journalName, limit: maximumBytes))
        else { return }
        let present = try folder.file(reading: name)
        guard try present.status().size >= journal.tailOffset,
            (try? ZipDirectory(reading: RestoredSource(package: present, journal: journal))) != nil
        else { return }
        try lock(present)
        let isRestored =
            try present.status().size == journal.packageSize
            && present.bytes(at: journal.tailOffset, count: journal.tail.count) == journal.tail
        do {
            if !isRestored { try journal.restore(try open(writing: name, in: folder)) }
            try remove(beside: name, in: folder)
        } catch let error as FileError {
            if isRestored { return }
            throw FileError(
                error.code,
                "\(path.string.escapedForTerminal) was being signed when that was interrupted, and could not be "
                    + "restored: \(error.message)",
                hint: "Make the file writable, or copy it together with \(journalName) to a place that is.")
        }
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

    /// Keeps others from signing or restoring while the descriptor is open.
    static func lock(_ package: OwnedDescriptor) throws(FileError) {
        guard flock(package.raw, LOCK_EX | LOCK_NB) != 0 else { return }
        let errno = Errno.lastError
        guard errno == .wouldBlock else { throw FileError(errno, while: "lock", package.path) }
        throw FileError(
            .locked, "\(package.path.escapedForTerminal) is being signed by another process",
            hint: "Wait until it has finished.")
    }
}

/// A package as it was before, read through the journal.
private struct RestoredSource: ZipSource {
    let package: OwnedDescriptor
    let journal: SigningJournal
    var startOffset: Int64 { 0 }
    var size: Int64 { journal.packageSize }

    func bytes(at fileOffset: Int64, count: Int) throws -> [UInt8] {
        let kept = Int(max(0, min(Int64(count), journal.tailOffset - fileOffset)))
        let head = try package.bytes(at: fileOffset, count: kept)
        let start = Int(max(0, fileOffset - journal.tailOffset))
        let bytes = head + journal.tail[start..<start + count - kept]
        guard head.count == kept else { throw BundleError.sourceChanged(package.path) }
        return bytes
    }
}
