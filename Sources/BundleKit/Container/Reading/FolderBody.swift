// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The files of an unpacked package.
struct FolderBody: Sendable {
    /// Folders in folders at the most.
    private static let maximumDepth = 64

    let root: Folder
    /// Names and sizes of all files, in byte order of the names.
    let names: [(name: String, size: Int64)]
    private let statuses: [String: FileStatus]

    /// Lists a folder with everything in it.
    ///
    /// - Throws: `BundleError`: `structure` for links and special files, `unsafeEntryName`, `duplicateEntry`,
    ///   `tooManyEntries`; `FileError`.
    init(scanning root: Folder) throws {
        var scan = FolderScan()
        try scan.add(root, prefix: "", depth: Self.maximumDepth)
        self.root = root
        statuses = scan.statuses
        names = scan.statuses.map { ($0.key, $0.value.size) }
            .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }

    /// The whole of a small file; `nil` where there is none of that name.
    ///
    /// - Throws: `BundleError`, code `structure`, above `limit` bytes; `FileError`.
    func bytes(of name: String, limit: Int64) throws -> [UInt8]? {
        guard let status = statuses[name] else { return nil }
        guard status.size <= limit else { throw BundleError.tooLarge(name, limit) }
        return try open(name).bytes(at: 0, count: Int(status.size))
    }

    /// Opens a file without following links.
    ///
    /// - Throws: `FileError`.
    func open(_ name: String) throws(FileError) -> OwnedDescriptor {
        var folder = root
        var parts = name.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
        let last = parts.popLast() ?? name
        for part in parts { folder = try folder.folder(part) }
        return try folder.file(reading: last)
    }

    /// Opens the data of a file.
    ///
    /// - Throws: `FileError`.
    func openInput(_ name: String) throws(FileError) -> OpenedInput {
        let source = try open(name)
        let before = try source.status()
        return OpenedInput(source: .file(source, at: 0), crc32: nil) {
            guard try source.status().isUnchanged(since: before), before.size == statuses[name]?.size else {
                throw BundleError.sourceChanged(source.path)
            }
        }
    }
}

private struct FolderScan {
    var statuses: [String: FileStatus] = [:]
    private var names = EntryNameSet()
    private var count = 0

    mutating func add(_ folder: Folder, prefix: String, depth: Int) throws {
        guard depth > 0 else {
            throw BundleError.structure(.depth, "\(folder.path.escapedForOneLine) is nested too deep")
        }
        for part in try folder.names() {
            let name = try EntryName.validate(Array((prefix + part).utf8))
            count += 1
            guard count <= ZipFormat.maximumEntries else {
                throw BundleError(.tooManyEntries, "validation failed: the folder has more than 65,536 entries")
            }
            guard let status = try folder.status(of: part) else {
                throw BundleError.sourceChanged(folder.path(of: part))
            }
            switch status.kind {
            case .folder:
                try names.insert(name, isFolder: true)
                try add(try folder.folder(part), prefix: name + "/", depth: depth - 1)
            case .regular:
                try names.insert(name, isFolder: false)
                statuses[name] = status
            case .link, .pipe, .other:
                throw BundleError.structure(.link, "\(name) is a link or special file")
            }
        }
    }
}
