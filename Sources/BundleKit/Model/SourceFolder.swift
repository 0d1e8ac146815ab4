// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// A regular file found in a model's folder.
struct FoundFile {
    /// The path from the folder on.
    let relativePath: String
    let source: FilePath
    var name: String { source.lastComponent?.string ?? relativePath }
}

/// Lists a model's folder: regular files, and links to such in the same folder, as the cache of Hugging Face has them.
///
/// Hidden files and folders are passed over, links to folders are not followed, and neither are links that lead out of
/// the folder: what stands there was not meant to be sent. A snapshot of the cache may link to its repository's blobs.
struct SourceFolder {
    /// Folders in folders.
    static let maximumDepth = 8
    /// Files and folders together.
    static let maximumEntries = 4096

    private(set) var files: [FoundFile] = []
    /// Relative paths of links that lead nowhere, links to folders and special files.
    private(set) var unusable: [String] = []
    /// Relative paths of links to files that are elsewhere.
    private(set) var outside: [String] = []
    private let roots: [FilePath]
    private var entries = 0

    init(listing path: FilePath) throws {
        let root = try path.resolved()
        let isSnapshot = HubSnapshot(folder: root.components.map(\.string)) != nil
        roots = [root] + (isSnapshot ? [root.removingLastComponent().removingLastComponent().appending("blobs")] : [])
        try list(try Folder.open(path), at: path, prefix: "", depth: 0)
    }

    private mutating func list(_ folder: Folder, at path: FilePath, prefix: String, depth: Int) throws {
        try Task.checkCancellation()
        for name in try folder.names() where !name.hasPrefix(".") {
            entries += 1
            guard entries <= Self.maximumEntries else {
                throw BundleError(
                    .invalidRequest, "\(path.string.escapedForTerminal) has more than \(Self.maximumEntries) files",
                    hint: "Name the folder of one model, or its weights.")
            }
            let place = path.appending(FilePath.Component(name).map { [$0] } ?? [])
            switch try folder.status(of: name)?.kind {
            case .regular: files.append(FoundFile(relativePath: prefix + name, source: place))
            case .link where Self.isFile(place):
                let target = try place.resolved()
                if roots.contains(where: { target.starts(with: $0) }) {
                    files.append(FoundFile(relativePath: prefix + name, source: place))
                } else {
                    outside.append(prefix + name)
                }
            case .folder where depth < Self.maximumDepth:
                try list(try folder.folder(name), at: place, prefix: prefix + name + "/", depth: depth + 1)
            case .folder, .link, .pipe, .other: unusable.append(prefix + name)
            case nil: break
            }
        }
    }

    private static func isFile(_ path: FilePath) -> Bool {
        do throws(FileError) { return try FileStatus.of(path).kind == .regular } catch { return false }
    }
}
