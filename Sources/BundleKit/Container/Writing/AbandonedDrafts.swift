// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// Files and folders in the making, `.NAME.PID.partial`, whose process is no more.
enum AbandonedDrafts {
    private static let ending = ".partial"

    /// The name of this process's draft of `name`.
    static func draft(of name: String) -> String { ".\(name).\(getpid())\(ending)" }

    /// Removes what was left behind under names of this kind; what cannot be removed stays.
    ///
    /// A folder goes only where it belongs to this user and nobody has it locked: a process of another container has
    /// another number here.
    static func remove(of name: String, in folder: Folder) {
        for found in (try? folder.names()) ?? [] {
            guard found.hasPrefix(".\(name)."), found.hasSuffix(ending) else { continue }
            let number = found.utf8.dropFirst(name.utf8.count + 2).dropLast(ending.utf8.count)
            guard let process = pid_t(String(decoding: number, as: UTF8.self)), process > 0, kill(process, 0) != 0,
                Errno.lastError == .noSuchProcess
            else { continue }
            switch (try? folder.status(of: found))?.kind {
            case .folder: removeFolder(found, in: folder)
            case .regular, .link, .pipe, .other: try? folder.removeFile(found)
            case nil: break
            }
        }
    }

    private static func removeFolder(_ name: String, in folder: Folder) {
        guard let draft = try? folder.folder(name), (try? draft.status())?.owner == geteuid(),
            flock(draft.raw, LOCK_EX | LOCK_NB) == 0
        else { return }
        try? folder.removeTree(name)
    }
}
