// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Replays what a command did in a home, as strace wrote it down, and finds what a power failure could take.
///
/// What is visible is everything but `staging/` and drafts, whose names start with a dot.
struct SyncReplay {
    private(set) var faults: [String] = []
    /// Names that were put in place.
    private(set) var moves = 0
    private let home: String
    private var files: Set<String> = []
    private var folders: Set<String> = []
    /// What was put in place, by the folder that has to be synced for it.
    private var awaited: [String: String] = [:]
    /// Calls that other threads interrupted in the log.
    private var begun: [Substring: Substring] = [:]

    init(home: String) { self.home = home }

    /// Takes a line of the log, or its first part.
    mutating func take(_ line: some StringProtocol) {
        let line = Substring(line)
        let process = line.prefix { $0.isNumber }
        var call = line.dropFirst(process.count).drop { $0 == " " }
        if let cut = call.range(of: " <unfinished ...>") {
            begun[process] = call[..<cut.lowerBound]
            return
        }
        if call.hasPrefix("<... "), let end = call.range(of: "resumed>") {
            call = (begun.removeValue(forKey: process) ?? "") + call[end.upperBound...]
        }
        guard let open = call.firstIndex(of: "("), let equals = call.range(of: " = ", options: .backwards),
            !call[equals.upperBound...].hasPrefix("-1")
        else { return }
        let arguments = String(call[open..<equals.lowerBound])
        replay(String(call[..<open]), arguments, result: String(call[equals.upperBound...]))
    }

    /// Says that the command has ended.
    mutating func finish() {
        for (folder, name) in awaited { faults.append("\(folder) is not synced after \(name) was put there") }
        for file in files where isVisible(file) && !file.hasSuffix("/lock") { faults.append("\(file) is not synced") }
    }

    private mutating func replay(_ call: String, _ arguments: String, result: String) {
        switch call {
        case "write", "pwrite64", "ftruncate", "fallocate", "ioctl": wrote(Self.descriptors(arguments).first)
        case "fsync", "fdatasync":
            guard let path = Self.descriptors(arguments).first else { return }
            files.remove(path)
            folders.remove(path)
            awaited[path] = nil
        case "openat":
            guard arguments.contains("O_CREAT|O_EXCL"), let path = Self.descriptors(result).first else { return }
            folders.insert(Self.parent(path))
        case "mkdir", "mkdirat": if let path = Self.paths(arguments).first { folders.insert(Self.parent(path)) }
        case "rename", "renameat", "renameat2": move(Self.paths(arguments), isLink: false)
        case "link", "linkat": move(Self.paths(arguments), isLink: true)
        case "unlink", "unlinkat", "rmdir": if let path = Self.paths(arguments).first { remove(path) }
        default: break
        }
    }

    private mutating func wrote(_ path: String?) {
        guard let path, path.hasPrefix(home) else { return }
        files.insert(path)
        guard path.hasSuffix("audit.jsonl") else { return }
        for (folder, name) in awaited { faults.append("\(folder) is not synced after \(name) when that is told") }
    }

    private mutating func move(_ paths: [String], isLink: Bool) {
        guard paths.count == 2, paths[1].hasPrefix(home) else { return }
        let (source, target) = (paths[0], paths[1])
        let folder = Self.parent(target)
        if isVisible(target) {
            moves += 1
            for path in files.union(folders) where path == source || path.hasPrefix(source + "/") {
                faults.append("\(path) is not synced when \(target) appears")
            }
            if files.contains(where: { $0.hasSuffix("audit.jsonl") }) {
                faults.append("the audit log is not synced when \(target) appears")
            }
            for outer in folders where outer.hasPrefix(home) && folder.hasPrefix(outer + "/") {
                faults.append("\(outer) is not synced when \(target) appears in it")
            }
            if target.hasPrefix(home + "/models/") {
                for (folder, name) in awaited where folder.hasPrefix(home + "/blobs") {
                    faults.append("\(folder) is not synced after \(name) when \(target) appears")
                }
            }
            awaited[folder] = target
        }
        if !isLink {
            files = Self.renamed(files, source, target)
            folders = Self.renamed(folders, source, target)
            folders.insert(Self.parent(source))
        }
        folders.insert(folder)
    }

    private mutating func remove(_ path: String) {
        files = files.filter { $0 != path && !$0.hasPrefix(path + "/") }
        folders = folders.filter { $0 != path && !$0.hasPrefix(path + "/") }
        awaited[path] = nil
        if path.hasPrefix(home + "/models/") { folders.insert(Self.parent(path)) }
        guard path.hasPrefix(home + "/blobs/") else { return }
        for folder in folders where folder.hasPrefix(home + "/models") {
            faults.append("\(folder) is not synced when \(path) is removed")
        }
    }

    private func isVisible(_ path: String) -> Bool {
        path.hasPrefix(home + "/") && !path.hasPrefix(home + "/staging")
            && path.split(separator: "/").last?.hasPrefix(".") == false
    }

    /// The paths of the descriptors among the arguments: `5</home/x>`.
    private static func descriptors(_ text: String) -> [String] {
        text.matches(of: /[0-9]<(\/[^>]*)>/).map { String($0.1) }
    }

    /// The paths that folders and names among the arguments make: `5</home>, "x"`.
    private static func paths(_ text: String) -> [String] {
        let relative = text.matches(of: /(?:[0-9]|AT_FDCWD)<(\/[^>]*)>, "([^"]*)"/).map { match in
            match.2.hasPrefix("/") ? String(match.2) : "\(match.1)/\(match.2)"
        }
        return relative.isEmpty ? text.matches(of: /"(\/[^"]*)"/).map { String($0.1) } : relative
    }

    private static func parent(_ path: String) -> String {
        path.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }

    private static func renamed(_ paths: Set<String>, _ source: String, _ target: String) -> Set<String> {
        Set(
            paths.map { path in
                path == source || path.hasPrefix(source + "/") ? target + path.dropFirst(source.count) : path
            })
    }
}
