// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// What is in the `package/` of a version, by path.
struct VersionTree {
    /// Folders in folders at the most; names of packages never go as deep.
    private static let maximumDepth = 64

    private(set) var files: [String: FileStatus] = [:]
    /// Links, pipes and the like.
    private var others: [String] = []
    private var emptyFolders: [String] = []

    /// Nothing.
    init() {}

    /// Looks at everything under a folder.
    ///
    /// - Throws: `FileError`.
    init(of package: Folder) throws(FileError) {
        try walk(package, prefix: "", depth: 0)
    }

    /// What there is beside the files of a package and the folders that they belong into.
    ///
    /// - Parameter listed: The paths of these files.
    /// - Returns: Their paths.
    func strangers(beside listed: Set<String>) -> [String] {
        let empty = emptyFolders.filter { folder in !listed.contains { $0.hasPrefix(folder + "/") } }
        return (files.keys + others + empty).filter { !listed.contains($0) }
    }

    private mutating func walk(_ folder: Folder, prefix: String, depth: Int) throws(FileError) {
        for name in try folder.names() {
            guard let status = try folder.status(of: name) else { continue }
            switch status.kind {
            case .regular: files[prefix + name] = status
            case .folder where depth < Self.maximumDepth:
                let inner = try folder.folder(name)
                if try inner.names().isEmpty { emptyFolders.append(prefix + name) }
                try walk(inner, prefix: prefix + name + "/", depth: depth + 1)
            case .folder, .link, .pipe, .other: others.append(prefix + name)
            }
        }
    }
}

extension Folder {
    /// The folder in which a path of a package ends, and the last part; folders on the way are opened, never links.
    ///
    /// - Throws: `FileError`, code `notFound`, where one is missing.
    func place(of path: String) throws(FileError) -> (folder: Folder, name: String) {
        var parts = EntryName.parts(of: path)
        let name = parts.popLast() ?? ""
        var inner = self
        for part in parts { inner = try inner.folder(part) }
        return (inner, name)
    }

    /// As `place(of:)`, with folders that are missing made.
    ///
    /// - Throws: `FileError`.
    func place(making path: String) throws(FileError) -> (folder: Folder, name: String) {
        var parts = EntryName.parts(of: path)
        let name = parts.popLast() ?? ""
        var inner = self
        for part in parts {
            if try inner.status(of: part) == nil {
                _ = try inner.folder(making: part)
                try inner.sync()
            }
            inner = try inner.folder(part)
        }
        return (inner, name)
    }
}
