// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// A private folder with the files of a tar bundle; removed with this object.
///
/// A lock on the folder tells that it is in use, so that one whose process died is removed by the next.
final class UnpackedBundle: Sendable {
    private static let prefix = ".baigo-bundle."
    private static let attempts = 16

    private let outer: Folder
    private let outerName: String
    private let lock: Folder
    /// Where the files are.
    let folder: Folder
    /// The absolute path of `folder`.
    let path: FilePath

    /// Makes an empty folder; `name` is what a model's name can be made of.
    ///
    /// - Throws: `FileError`.
    init(in place: FilePath, named name: String) throws(FileError) {
        outer = try Folder.open(spool: place)
        Self.removeAbandoned(in: outer)
        (outerName, lock) = try Self.lockedFolder(in: outer)
        folder = try lock.folder(making: name)
        path = place.appending(outerName).appending(name)
    }

    deinit {
        // What cannot be removed now is left to the next who looks.
        try? outer.removeTree(outerName)
    }

    /// Makes a folder and locks it; one that another process took for abandoned in between is given up for a new one.
    private static func lockedFolder(in outer: Folder) throws(FileError) -> (name: String, folder: Folder) {
        var failure = FileError(.locked, "could not make a private folder in \(outer.path.escapedForTerminal)")
        for _ in 0..<attempts {
            let name = prefix + "\(getpid())." + String(UInt64.random(in: 0 ... .max), radix: 36)
            guard mkdirat(outer.raw, name, 0o700) == 0 else {
                throw FileError(.lastError, while: "make folder", outer.path(of: name))
            }
            do throws(FileError) {
                let made = try outer.folder(name)
                guard flock(made.raw, LOCK_EX | LOCK_NB) == 0 else {
                    failure = FileError(.lastError, while: "lock", outer.path(of: name))
                    continue
                }
                if try outer.status(of: name) != nil { return (name, made) }
            } catch {
                guard error.code == .notFound else { throw error }
                failure = error
            }
        }
        throw failure
    }

    private static func removeAbandoned(in folder: Folder) {
        for name in (try? folder.names()) ?? [] where name.hasPrefix(prefix) {
            guard let found = try? folder.folder(name), let owner = try? found.status().owner, owner == geteuid(),
                flock(found.raw, LOCK_EX | LOCK_NB) == 0
            else { continue }
            try? folder.removeTree(name)
        }
    }
}
