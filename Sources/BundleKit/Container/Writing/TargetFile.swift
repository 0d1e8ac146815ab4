// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// A file in the making that appears under its name only when it is complete.
///
/// Without a name until then where the file system can, so that nothing is left behind however the process ends; else
/// under `.NAME.PID.partial`, removed with this object.
final class TargetFile {
    let file: OwnedDescriptor
    let folder: Folder
    private let name: String
    private let path: FilePath
    private let isReplacing: Bool
    private let draftName: String
    private var hasDraft: Bool
    private let isUnnamed: Bool

    /// Checks the target and makes the file; nothing is written when it throws.
    ///
    /// `size` bytes have to have room; `isSource` tells whether the file that is in the way is one that will be read.
    ///
    /// - Throws: `FileError`: `exists`, `noSpace`, `tooLargeForFileSystem`, `wrongPlace` and what the system says;
    ///   `BundleError`, code `invalidRequest`, when target and source are one file.
    init(
        _ path: FilePath, replacing: Bool, size: Int64, mode: UInt32 = 0o644, isSource: (FileStatus) -> Bool
    ) throws {
        guard let last = path.lastComponent, last.kind == .regular else {
            throw FileError(.exists, "\(path.string.escapedForTerminal) is a folder", hint: "Name a file in it.")
        }
        name = last.string
        self.path = path
        isReplacing = replacing
        let parent = path.removingLastComponent()
        folder = try Folder.open(parent.isEmpty ? "." : parent)
        try Self.check(name, path, in: folder, replacing: replacing, isSource: isSource)
        try Self.checkRoom(for: size, path, in: folder)
        let draft = AbandonedDrafts.draft(of: name)
        draftName = draft.utf8.count <= EntryName.maximumPartBytes ? draft : ".baigo.\(getpid()).partial"
        AbandonedDrafts.remove(of: name, in: folder)
        if let unnamed = try folder.unnamedFile(for: name, mode: mode) {
            file = unnamed
            isUnnamed = true
            hasDraft = false
        } else {
            if try folder.status(of: draftName) != nil { try folder.removeFile(draftName) }
            file = try folder.file(creating: draftName, mode: mode)
            isUnnamed = false
            hasDraft = true
        }
    }

    deinit {
        if hasDraft { _ = unlinkat(folder.raw, draftName, 0) }
    }

    private static func check(
        _ name: String, _ path: FilePath, in folder: Folder, replacing: Bool, isSource: (FileStatus) -> Bool
    ) throws {
        guard let present = try folder.status(of: name) else { return }
        let shown = path.string.escapedForTerminal
        guard present.kind != .folder else {
            throw FileError(.exists, "\(shown) is a folder", hint: "Name a file in it.")
        }
        guard present.kind == .regular || present.kind == .link else {
            throw FileError(.wrongPlace, "\(shown) is not a regular file", hint: "Choose another name.")
        }
        guard !isSource(present) else {
            throw BundleError(.invalidRequest, "\(shown) is also what is read", hint: "Choose another name.")
        }
        guard replacing else {
            throw FileError(.exists, "\(shown) exists already", hint: "Choose another name, or use --force.")
        }
    }

    private static func checkRoom(for size: Int64, _ path: FilePath, in folder: Folder) throws(FileError) {
        let shown = path.string.escapedForTerminal
        if let limit = folder.maximumFileSize, size > limit.bytes {
            throw FileError(
                .tooLargeForFileSystem,
                "\(shown) needs \(size) bytes (\(ByteCount(size))), but its file system takes files of at most "
                    + "\(limit.bytes) bytes",
                hint: "Use a file system without this limit (exFAT, ext4, NTFS); FAT32 ends at 4 GiB - 1.")
        }
        let free = try folder.freeSpace()
        guard size <= free.bytes else {
            throw FileError(
                .noSpace,
                "\(shown) needs \(size) bytes (\(ByteCount(size))), but only \(free.bytes) (\(free)) are free",
                hint: "Free some space or choose another place.")
        }
    }

    /// Gives the file its name.
    ///
    /// Its content has to be synced.
    ///
    /// - Throws: `FileError`, code `exists`, when something took the name meanwhile and may not be replaced.
    func publish() throws(FileError) {
        let isNew = try takeName()
        do throws(FileError) {
            try folder.sync()
        } catch {
            // A name that may not outlast a power cut is none; one that took another's place has to stay.
            if isNew { _ = unlinkat(folder.raw, name, 0) }
            throw error
        }
    }

    /// - Returns: Whether nothing had the name before.
    private func takeName() throws(FileError) -> Bool {
        if isUnnamed {
            do throws(FileError) {
                try folder.link(unnamed: file, as: name)
                return true
            } catch {
                guard error.code == .exists, isReplacing else { throw error }
            }
            if try folder.status(of: draftName) != nil { try folder.removeFile(draftName) }
            try folder.link(unnamed: file, as: draftName)
            hasDraft = true
        }
        if isReplacing {
            try folder.rename(draftName, to: name)
        } else {
            try publishDraftAsNew()
        }
        hasDraft = false
        return !isReplacing
    }

    /// Some file systems know neither a rename that does not replace nor links; there the last check has to do.
    private func publishDraftAsNew() throws(FileError) {
        do throws(FileError) {
            try folder.rename(draftName, toNew: name, in: folder)
        } catch {
            guard error.code == .inputOutput else { throw error }
            guard try folder.status(of: name) == nil else {
                throw FileError(
                    .exists, "\(path.string.escapedForTerminal) exists already",
                    hint: "Choose another name, or use --force.")
            }
            try folder.rename(draftName, to: name)
        }
    }
}
