// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// One file that is to be ingested.
struct IngestItem {
    /// As it is shown, and recorded where the file cannot be found.
    let path: FilePath
    /// The folder it was found in; `nil` for a file that was named.
    private let folder: Folder?
    /// What stands against opening it, where that is known already.
    private let fault: FileError?

    init(path: FilePath, folder: Folder? = nil, fault: FileError? = nil) {
        self.path = path
        self.folder = folder
        self.fault = fault
    }

    /// A file whose name is no text, so that the path only looks like it.
    static func unreadable(_ path: FilePath, folder: Folder? = nil) -> IngestItem {
        IngestItem(
            path: path, folder: folder,
            fault: FileError(
                .wrongType, "the name of \(path.string.escapedForTerminal) is not UTF-8", hint: "Rename the file."))
    }

    /// A file whose name is longer than any path: its start stands for it, so that nothing works with the whole.
    static func overlong(_ name: [UInt8]) -> IngestItem {
        let start = String(decoding: name.prefix(shownBytes), as: UTF8.self) + "…"
        return IngestItem(
            path: FilePath(start),
            fault: FileError(
                .wrongType,
                "the name \(start.escapedForTerminal) has \(name.count) bytes, more than the \(PATH_MAX - 1) of a path",
                hint: "Name files as they are called; see how the list was made."))
    }

    /// Bytes of an overlong name that are shown.
    private static let shownBytes = 60

    /// The path for receipt, audit log and report.
    var origin: String { (try? path.resolved().string) ?? path.string }
    /// The file's own name.
    var name: String { path.lastComponent?.string ?? path.string }

    /// Whether the file is one that macOS lays beside another on a medium, `._NAME`: no package, but what the medium
    /// cannot keep otherwise (AppleDouble, RFC 1740).
    var isAppleDouble: Bool {
        guard name.hasPrefix("._"), let start = try? open().bytes(at: 0, count: Self.appleDouble.count) else {
            return false
        }
        return start == Self.appleDouble
    }

    private static let appleDouble: [UInt8] = [0x00, 0x05, 0x16, 0x07]

    /// Opens the file for reading; one that was found in a folder is never a link.
    ///
    /// - Throws: `FileError`.
    func open() throws(FileError) -> OwnedDescriptor {
        if let fault { throw fault }
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
    /// - Throws: `FileError`; code `wrongType` for a link.
    func remove(as opened: FileStatus) throws(FileError) -> Bool {
        let place: Folder
        if let folder {
            place = folder
        } else {
            let parent = path.removingLastComponent()
            place = try Folder.open(parent.isEmpty ? "." : parent)
        }
        guard let now = try place.status(of: name) else { return false }
        guard now.kind != .link else {
            throw FileError(.wrongType, "\(place.path(of: name).escapedForTerminal) is a link, which is not removed")
        }
        guard now.isUnchanged(since: opened) else { return false }
        try place.removeFile(name)
        try place.sync()
        return true
    }
}
