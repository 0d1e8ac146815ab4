// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// One file that is to be ingested.
struct IngestItem {
    /// As it is shown, and recorded where the file cannot be found.
    let path: FilePath
    /// The folder it was found in; `nil` for a file that was named.
    private let folder: Folder?
    /// Whether the name is no text, so that the path only looks like it.
    private let isUnreadable: Bool

    init(path: FilePath, folder: Folder?, isUnreadable: Bool = false) {
        self.path = path
        self.folder = folder
        self.isUnreadable = isUnreadable
    }

    /// The path for receipt, audit log and report.
    var origin: String { (try? path.resolved().string) ?? path.string }
    /// The file's own name.
    var name: String { path.lastComponent?.string ?? path.string }

    /// Opens the file for reading; one that was found in a folder is never a link.
    ///
    /// - Throws: `FileError`.
    func open() throws(FileError) -> OwnedDescriptor {
        if isUnreadable {
            throw FileError(
                .wrongType, "the name of \(path.string.escapedForTerminal) is not UTF-8", hint: "Rename the file.")
        }
        if let folder { return try folder.file(reading: name) }
        let file = try OwnedDescriptor.open(reading: path)
        guard try file.status().kind == .regular else {
            throw FileError(.wrongType, "\(file.path.escapedForTerminal) is not a regular file")
        }
        return file
    }

    /// Removes the file, if it is still the one that was opened and nobody has written to it since.
    ///
    /// - Returns: Whether it is gone.
    /// - Throws: `FileError`.
    func remove(as opened: FileStatus) throws(FileError) -> Bool {
        let place: Folder
        if let folder {
            place = folder
        } else {
            let parent = path.removingLastComponent()
            place = try Folder.open(parent.isEmpty ? "." : parent)
        }
        guard let now = try place.status(of: name), now.isUnchanged(since: opened) else { return false }
        try place.removeFile(name)
        try place.sync()
        return true
    }

    /// What a list of names stands for: files as they were named, folders by the packages that lie in them.
    ///
    /// A name that leads nowhere is kept, so that it is told of.
    ///
    /// - Throws: `FileError` for a folder that cannot be listed.
    static func items(named names: [String]) throws(FileError) -> [IngestItem] {
        var items: [IngestItem] = []
        for name in names {
            let path = FilePath(name)
            var isFolder = false
            do throws(FileError) {
                isFolder = try FileStatus.of(path).kind == .folder
            } catch {
                guard error.code == .notFound else { throw error }
            }
            guard isFolder else {
                items.append(IngestItem(path: path, folder: nil))
                continue
            }
            let folder = try Folder.open(path)
            let (entries, others) = try folder.namesAndOthers()
            for entry in entries where entry.hasSuffix(".baimodel") {
                guard try folder.status(of: entry)?.kind == .regular else { continue }
                items.append(IngestItem(path: path.appending(entry), folder: folder))
            }
            for entry in others where entry.hasSuffix(".baimodel") {
                items.append(IngestItem(path: path.appending(entry), folder: folder, isUnreadable: true))
            }
        }
        return items
    }
}
