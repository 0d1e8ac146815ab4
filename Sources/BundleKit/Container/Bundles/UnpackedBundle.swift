// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// A private folder with the files of a tar bundle; removed with this object.
///
/// A lock on the folder tells that it is in use, so that one whose process died is removed by the next.
final class UnpackedBundle: Sendable {
    private static let prefix = ".baigo-bundle."

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
        outer = try Folder.open(place)
        Self.removeAbandoned(in: outer)
        outerName = Self.prefix + "\(getpid())." + String(UInt64.random(in: 0 ... .max), radix: 36)
        guard mkdirat(outer.raw, outerName, 0o700) == 0 else {
            throw FileError(.lastError, while: "make folder", outer.path(of: outerName))
        }
        lock = try outer.folder(outerName)
        guard flock(lock.raw, LOCK_EX | LOCK_NB) == 0 else {
            throw FileError(.lastError, while: "lock", outer.path(of: outerName))
        }
        folder = try lock.folder(making: name)
        path = place.appending(outerName).appending(name)
    }

    deinit {
        // What cannot be removed now is left to the next who looks.
        try? outer.removeTree(outerName)
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
