// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// The files of a package under construction: names checked, no two alike.
struct SourceCollection {
    private(set) var files: [PlannedFile] = []
    private var indexes: [String: Int] = [:]
    /// Bytes of all files together.
    private var total: Int64 = 0

    private static func folder(of role: FileRole) -> String { role == .runtime ? "runtime/" : "model/" }

    /// Whether a file of that name below `model/` is in already.
    func holds(_ relativePath: String) -> Bool { indexes[EntryName.folded("model/" + relativePath)] != nil }

    /// Adds a file under `model/`, or under `runtime/` by its role.
    ///
    /// Naming one file twice gives it the later role.
    ///
    /// - Parameters:
    ///   - source: The file.
    ///   - relativePath: The name below `model/`.
    ///   - role: What it is for.
    /// - Returns: The entry's name.
    /// - Throws: `BundleError`: `unsafeEntryName`, or `invalidRequest` where another file has the name or the package
    ///   would be too large; `FileError`.
    @discardableResult
    mutating func add(_ source: FilePath, as relativePath: String, role: FileRole) throws -> String {
        let path = try EntryName.validate(Array((Self.folder(of: role) + relativePath).utf8))
        let status = try FileStatus.of(source)
        guard status.kind == .regular else {
            throw FileError(
                .wrongType, "\(source.string.escapedForTerminal) is not a regular file",
                hint: "Name a regular file, or a copy of it that is one.")
        }
        let file = PlannedFile(path: path, role: role, source: source, size: status.size)
        if let index = indexes[EntryName.folded(path)] {
            let other = try FileStatus.of(files[index].source)
            guard other.isSameFile(as: status) else {
                throw BundleError(
                    .invalidRequest,
                    "\(source.string.escapedForTerminal) and \(files[index].source.string.escapedForTerminal) "
                        + "would both be \(path)",
                    hint: "Rename one of them.")
            }
            try count(status.size, of: source, inPlaceOf: files[index].size)
            files[index] = PlannedFile(path: files[index].path, role: role, source: source, size: status.size)
            return files[index].path
        }
        try count(status.size, of: source)
        indexes[EntryName.folded(path)] = files.count
        files.append(file)
        return path
    }

    /// Adds a size up; every container can hold what is below the limit, with its own parts.
    private mutating func count(_ size: Int64, of source: FilePath, inPlaceOf old: Int64 = 0) throws(BundleError) {
        guard size <= PackageLimit.bytes - (total - old) else { throw PackageLimit.tooLarge(source.string) }
        total += size - old
    }

    /// The files by the bytes of their names.
    var sorted: [PlannedFile] { files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) } }
}
