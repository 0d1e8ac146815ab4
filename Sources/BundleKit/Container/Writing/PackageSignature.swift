// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import SystemPackage

/// Puts signatures into a package that is there already.
package enum PackageSignature {
    /// Replaces or adds `checksums.txt.asc`.
    ///
    /// Where it is the last entry or absent, only the end of the file is rewritten, under a journal beside it; where it
    /// stands early, a new file takes the place of the old one. Either way the package has the old or the new
    /// signatures at any moment, or a journal that brings the old ones back.
    ///
    /// In a folder the file is put in place beside the list. `armored` holds all signatures the package will have.
    /// A package whose signing was interrupted is restored first.
    ///
    /// - Returns: Whether it had to be restored.
    /// - Throws: `BundleError` for a package that is malformed or has no `checksums.txt`; `FileError`.
    @discardableResult
    package static func replace(in path: FilePath, with armored: [UInt8]) throws -> Bool {
        guard armored.count <= ArchiveBody.maximumSignature else {
            throw BundleError(.invalidRequest, "the signatures are larger than 1 MiB together")
        }
        if try FileStatus.of(path).kind == .folder {
            let folder = try Folder.open(path)
            let list = try folder.status(of: PackageEntryName.checksums) == nil
            let name = (list ? PackageEntryName.otherChecksums : PackageEntryName.checksums) + ".asc"
            try folder.publish(armored, as: name, mode: 0o644)
            return false
        }
        guard let (folder, name) = try SigningJournal.place(of: path) else {
            throw FileError(.lastError, while: "open", path.string)
        }
        let file = try SigningJournal.open(writing: name, in: folder)
        try SigningJournal.lock(file)
        defer { SigningJournal.unlock(file) }
        guard try SigningJournal.isCurrent(file, name, in: folder) else { throw BundleError.sourceChanged(file.path) }
        let isRestored = try SigningJournal.playBack(on: file, named: name, in: folder)
        let reader = try PackageReader.open(file: file, source: path.string)
        guard reader.hasOwnChecksums, case .archive(let archive) = reader.body else {
            throw BundleError(
                breaking: ChecksumRule.missing,
                "\(path.string.escapedForOneLine) has no checksums.txt that could be signed",
                hint: "Make a package of it first: baigo convert.")
        }
        let entries = archive.directory.entries
        let present = entries.first { $0.name == PackageEntryName.signature }
        if let present, present.headerOffset != entries.last?.headerOffset {
            let job = FileJob(
                input: try StoredInput(reader), signing: { _ in armored }, progress: SilentProgress())
            let real = FilePath(folder.path).appending(name)
            _ = try job.run(real, replacing: true, readBack: false, mode: archive.status.mode, isRewritingSource: true)
            return isRestored
        }
        let edit = TailEdit(archive: archive, replacing: present, signature: armored)
        try edit.run(on: file, named: name, in: folder, identity: reader.identity)
        return isRestored
    }
}

/// A new end for a package: the signature entry, the central directory and the end record.
private struct TailEdit {
    let archive: ArchiveBody
    let replacing: ZipEntry?
    let signature: [UInt8]

    private var offset: Int64 { replacing?.headerOffset ?? archive.directory.tail.directoryOffset }

    private func newTail() throws -> [UInt8] {
        let tail = archive.directory.tail
        var directory = try archive.file.bytes(at: tail.directoryOffset, count: tail.directorySize)
        if let replacing { directory.removeSubrange(replacing.centralRange) }
        let place = ZipPlacedEntry(name: PackageEntryName.signature, size: Int64(signature.count), at: offset)
        let crc = CRC32.checksum(of: signature)
        directory += place.centralHeader(crc32: crc)
        let count = archive.directory.entries.count + (replacing == nil ? 1 : 0)
        return place.localHeader(crc32: crc) + signature
            + ZipLayout.trailer(directory, of: count, at: place.endOffset, comment: tail.comment)
    }

    func run(on file: OwnedDescriptor, named name: String, in folder: Folder, identity: SHA256Digest) throws {
        let bytes = try newTail()
        if let limit = folder.maximumFileSize, offset + Int64(bytes.count) > limit.bytes {
            throw FileError(
                .tooLargeForFileSystem,
                "\(file.path.escapedForTerminal) has no room for a signature on this file system",
                hint: "Copy it to a file system without this limit (exFAT, ext4, NTFS) and sign it there.")
        }
        let journal = try SigningJournal(of: file, from: offset)
        try journal.save(beside: name, in: folder, mode: archive.status.mode)
        do {
            try file.writeAll(bytes, at: offset)
            try file.truncate(to: offset + Int64(bytes.count))
            try file.sync()
            let result = try PackageReader.open(file: file, source: file.path)
            guard result.identity == identity, result.signature == signature else {
                throw BundleError.structure(.asWritten, "the package is not what was written").inPackage(file.path)
            }
        } catch {
            try journal.restore(file)
            try SigningJournal.remove(beside: name, in: folder)
            throw error
        }
        try SigningJournal.remove(beside: name, in: folder)
    }
}
