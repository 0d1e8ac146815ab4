// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// Writes a package as a folder, which appears under its name when it is complete.
struct FolderJob<Input: PackageInput> {
    let input: Input
    let progress: any ProgressObserver

    /// - Throws: `FileError`: `exists` where the name is taken, `noSpace`; `BundleError`; `CancellationError`.
    func run(_ path: FilePath, signing: PackageWriter.Signing?) throws -> WrittenPackage {
        var path = path
        while path.string.utf8.count > 1, path.string.hasSuffix("/") { path = FilePath(String(path.string.dropLast())) }
        guard let last = path.lastComponent, last.kind == .regular else {
            throw BundleError(
                .invalidRequest, "\(path.string.escapedForTerminal) is no name for a new folder",
                hint: "Choose another name.")
        }
        let parent = path.removingLastComponent()
        let outer = try Folder.open(parent.isEmpty ? "." : parent)
        guard try outer.status(of: last.string) == nil else {
            throw FileError(
                .exists, "\(path.string.escapedForTerminal) exists already", hint: "Choose another name for the folder."
            )
        }
        let needed = ByteCount(input.dataSize + (Int64(input.data.count) + 16) * 4096)
        let free = try outer.freeSpace()
        guard needed <= free else {
            throw FileError(
                .noSpace, "\(path.string.escapedForTerminal) needs \(needed), but only \(free) are free",
                hint: "Free some space or choose another place.")
        }
        let stem = Self.stem(of: last.string)
        AbandonedDrafts.remove(of: stem, in: outer)
        let draft = AbandonedDrafts.draft(of: stem)
        if try outer.status(of: draft) != nil { try outer.removeTree(draft) }
        let folder = try outer.folder(making: draft, mode: 0o755)
        // Tells those who clean up that somebody works on it; where locks are unknown, the process number does.
        flock(folder.raw, LOCK_EX | LOCK_NB)
        do {
            let written = try write(into: folder, signing: signing)
            try outer.rename(draft, toNew: last.string, in: outer)
            try outer.sync()
            return written
        } catch {
            // The error that led here is the one to tell.
            try? outer.removeTree(draft)
            throw error
        }
    }

    /// What a draft is named after: the name, or its start.
    private static func stem(of name: String) -> String {
        var stem = name
        while stem.utf8.count > 200 { stem.removeLast() }
        return stem
    }

    private func write(into root: Folder, signing: PackageWriter.Signing?) throws -> WrittenPackage {
        let pipeline = try DataPipeline()
        let total = input.dataSize
        var done: Int64 = 0
        var digests: [SHA256Digest] = []
        progress.report(.packaging, completed: 0, total: total)
        for (index, entry) in input.data.enumerated() {
            let (folder, name) = try place(entry.name, in: root)
            let file = try folder.file(creating: name, mode: 0o644)
            let opened = try input.open(index)
            let outcome = try pipeline.run(opened.source, count: entry.size, to: .file(file, at: 0)) { count in
                done += count
                progress.report(.packaging, completed: done, total: total)
            }
            try opened.checkUnchanged()
            try PackageWriter.check(
                outcome, of: index, in: input, expecting: input.knownDigests?[index], crc32: opened.crc32)
            try file.sync()
            try folder.sync()
            digests.append(outcome.digest)
        }
        let documents = try input.documents(for: digests)
        let signature = try PackageWriter.signature(over: documents.checksumsBytes, of: input, by: signing)
        try root.publish(documents.manifestBytes, as: PackageEntryName.manifest, mode: 0o644)
        if let metadata = input.metadata { try root.publish(metadata, as: PackageEntryName.metadata, mode: 0o644) }
        try root.publish(documents.checksumsBytes, as: PackageEntryName.checksums, mode: 0o644)
        if let signature { try root.publish(signature, as: PackageEntryName.signature, mode: 0o644) }
        if let bundle = input.modelSignature {
            try root.publish(bundle, as: PackageEntryName.modelSignature, mode: 0o644)
        }
        return try PackageWriter.written(documents, size: total, isSigned: signature != nil)
    }

    private func place(_ path: String, in root: Folder) throws -> (Folder, String) {
        var parts = EntryName.parts(of: path)
        let name = parts.popLast() ?? path
        var folder = root
        for part in parts { folder = try folder.folder(making: part, mode: 0o755) }
        return (folder, name)
    }
}
