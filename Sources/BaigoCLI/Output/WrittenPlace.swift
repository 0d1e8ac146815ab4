// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// Where a file or folder is, or will be once it is made, whichever way its path is spelled.
struct WrittenPlace {
    /// Absolute; links on the way are followed.
    private let path: FilePath
    /// What of the place and of the folders around it exists, the innermost first.
    let existing: [FileStatus]
    /// Whether the first of these is the folder itself, or that of the file.
    private let isThere: Bool

    /// The place of a folder; a link is followed.
    ///
    /// - Throws: `FileError`.
    init(folder: FilePath) throws(FileError) {
        path = try Self.resolved(folder)
        var existing: [FileStatus] = []
        var isThere = false
        var around = path
        repeat {
            guard let status = try? FileStatus.of(around) else { continue }
            if around == path { isThere = true }
            existing.append(status)
        } while around.removeLastComponent()
        self.existing = existing
        self.isThere = isThere
    }

    /// The place of a file that is put there anew; a link under its name is not followed, but replaced.
    ///
    /// - Throws: `FileError`; `CLIError` for a path that names no file.
    init(file: FilePath) throws {
        guard let name = file.lastComponent, name.kind == .regular else {
            throw CLIError(.usage, "\(file.string.escapedForOneLine) names no file", hint: "Name the file to write.")
        }
        let folder = try WrittenPlace(folder: file.removingLastComponent())
        path = folder.path.appending(name)
        existing = folder.existing
        isThere = folder.isThere
    }

    /// Whether this is in a folder, or that folder itself.
    func lies(in folder: WrittenPlace) -> Bool {
        if path.starts(with: folder.path) { return true }
        guard folder.isThere, let other = folder.existing.first else { return false }
        return existing.contains { $0.isSameFile(as: other) }
    }

    /// Whether both are one folder.
    func isSame(as other: WrittenPlace) -> Bool {
        if path == other.path { return true }
        guard isThere, other.isThere, let own = existing.first, let its = other.existing.first else { return false }
        return own.isSameFile(as: its)
    }

    /// Whether both are one file, on a file system that does not tell letters by case too.
    func isSameFile(as other: WrittenPlace) -> Bool {
        guard path.lastComponent?.string.lowercased() == other.path.lastComponent?.string.lowercased() else {
            return false
        }
        if path.removingLastComponent() == other.path.removingLastComponent() { return true }
        guard isThere, other.isThere, let own = existing.first, let its = other.existing.first else { return false }
        return own.isSameFile(as: its)
    }

    private static func resolved(_ path: FilePath) throws(FileError) -> FilePath {
        var found = path
        var missing: [FilePath.Component] = []
        while true {
            do throws(FileError) {
                var whole = try (found.isEmpty ? "." : found).resolved()
                for part in missing.reversed() { whole.append(part) }
                return whole.lexicallyNormalized()
            } catch {
                guard error.code == .notFound, let last = found.lastComponent, found.removeLastComponent() else {
                    throw error
                }
                missing.append(last)
            }
        }
    }
}
