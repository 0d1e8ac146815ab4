// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// An exclusive `flock` on a file, held until this object goes.
///
/// The file holds the holder's process number and command for messages; a lock is held by the open file, so a file
/// that was left behind locks nothing.
///
/// Source: flock(2).
package final class FileLock: Sendable {
    private let file: OwnedDescriptor

    private init(_ file: OwnedDescriptor) {
        self.file = file
    }

    /// Released by name: a child process that was forked and has not yet started its program shares the open file.
    deinit { _ = flock(file.raw, LOCK_UN) }

    /// Takes the lock, waiting up to `wait`.
    ///
    /// - Parameters:
    ///   - name: The lock's file.
    ///   - folder: Where the file is; it is made if it is missing.
    ///   - purpose: What the holder does, shown to those who wait: `import`.
    ///   - wait: How long to wait for another holder.
    /// - Returns: The lock, held until it goes.
    /// - Throws: `FileError`, code `locked`, naming the holder; `CancellationError` when the task is cancelled.
    package static func take(
        _ name: String, in folder: Folder, for purpose: String, waiting wait: Duration = .zero
    ) throws -> FileLock {
        let raw = openat(folder.raw, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard raw >= 0 else { throw FileError(.lastError, while: "open", folder.path(of: name)) }
        let file = OwnedDescriptor(owning: raw, path: folder.path(of: name))
        let deadline = ContinuousClock.now + wait
        while flock(raw, LOCK_EX | LOCK_NB) != 0 {
            let errno = Errno.lastError
            guard errno == .wouldBlock || errno == .interrupted else {
                throw FileError(errno, while: "lock", file.path)
            }
            guard ContinuousClock.now < deadline else { throw held(file) }
            try Task.checkCancellation()
            usleep(20_000)
        }
        let note = Array("\(getpid()) \(purpose)\n".utf8)
        do throws(FileError) {
            // Written over the old one: that needs no room.
            try file.writeAll(note, at: 0)
            try file.truncate(to: Int64(note.count))
        } catch {
            // It is for messages alone, and what makes room must be possible on a full disk.
            guard error.code == .noSpace else { throw error }
        }
        return FileLock(file)
    }

    private static func held(_ file: OwnedDescriptor) -> FileError {
        let note = (try? file.bytes(at: 0, count: 200)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        // What a command that died left there names nobody: another program holds the lock.
        let holder = note.split(separator: "\n").first.map(String.init).flatMap { line in
            Int32(line.prefix { $0 != " " }).map { Self.isAlive($0) } == true ? " by process \(line)" : nil
        }
        return FileError(
            .locked, "\(file.path.escapedForTerminal) is held\((holder ?? "").escapedForTerminal)",
            hint: "Wait until it has finished, or use --wait SECONDS.")
    }

    private static func isAlive(_ process: Int32) -> Bool {
        process > 0 && (kill(process, 0) == 0 || Errno.lastError == .notPermitted)
    }
}
