// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import Glibc
internal import SystemPackage

extension EnginePack {
    /// Writes all files into a folder and makes them durable: programs with mode 0755, everything else with 0644, links
    /// as copies of what they lead to.
    ///
    /// Each file is hashed again while it is written.
    ///
    /// - Parameters:
    ///   - folder: An empty folder.
    ///   - progress: Told how much is written.
    /// - Throws: `BundleError`, code `digestMismatch`, where the private copy changed; `FileError`; `CancellationError`.
    package func unpack(into folder: Folder, progress: any ProgressObserver = SilentProgress()) throws {
        let wanted = Dictionary(grouping: files, by: \.entry)
        let tree = EngineTree(folder)
        let total = unpackedSize.bytes
        var done: Int64 = 0
        var open: [EngineOutput] = []
        progress.report(.extracting, completed: 0, total: total)
        try archive.pass { entry in
            open = try (wanted[entry.name] ?? []).map { try EngineOutput($0, in: tree) }
        } data: { bytes in
            for output in open { try output.write(bytes) }
            done += Int64(bytes.count * open.count)
            progress.report(.extracting, completed: done, total: total)
        } end: {
            for output in open { try output.finish() }
            open = []
        }
        try tree.sync()
        progress.report(.extracting, completed: total, total: total)
    }
}

/// The folders of a pack while they are filled.
private final class EngineTree {
    private let root: Folder
    private var folders: [String: Folder] = [:]

    init(_ root: Folder) { self.root = root }

    func folder(_ path: Substring) throws(FileError) -> Folder {
        guard !path.isEmpty else { return root }
        if let known = folders[String(path)] { return known }
        let parent = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
        let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path
        let made = try folder(parent).folder(making: String(name))
        folders[String(path)] = made
        return made
    }

    /// Makes all names durable, inner ones first.
    func sync() throws(FileError) {
        for path in folders.keys.sorted(by: { $0.utf8.count > $1.utf8.count }) { try folders[path]?.sync() }
        try root.sync()
    }
}

/// One file of a pack that is being written.
private final class EngineOutput {
    private let wanted: EngineFile
    private let file: OwnedDescriptor
    private var hasher: SHA256Hasher?
    private var offset: Int64 = 0

    init(_ wanted: EngineFile, in tree: EngineTree) throws {
        self.wanted = wanted
        let path = wanted.path[...]
        let parent = path.lastIndex(of: "/").map { path[..<$0] } ?? ""
        let name = path.split(separator: "/").last.map(String.init) ?? wanted.path
        file = try tree.folder(parent).file(creating: name, mode: 0o600)
        hasher = try SHA256Hasher()
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        try hasher?.update(bytes)
        try file.write(bytes, at: offset)
        offset += Int64(bytes.count)
    }

    func finish() throws {
        guard let hasher = hasher.take(), try hasher.finalize() == wanted.sha256 else {
            throw BundleError.sourceChanged(wanted.path)
        }
        guard fchmod(file.raw, wanted.isProgram ? 0o755 : 0o644) == 0 else {
            throw FileError(.lastError, while: "protect", file.path)
        }
        try file.sync()
    }
}
