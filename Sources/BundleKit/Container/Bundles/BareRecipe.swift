// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// A folder with model files and a list of checksums, and nothing that describes them.
///
/// The list and the signature over it count as they are; the manifest is made from what the model says of itself.
struct BareRecipe {
    private static let lists = [PackageEntryName.checksums, PackageEntryName.otherChecksums]
    private static let root = "model/"

    private let folder: FolderBody
    private let listName: String
    private let list: ChecksumList
    private let listBytes: [UInt8]

    /// - Returns: `nil` for a folder without a list.
    /// - Throws: `BundleError`: `checksums`; `FileError`.
    init?(in folder: FolderBody) throws {
        let present = Self.lists.filter { name in folder.names.contains { $0.name == name } }
        guard let name = present.first else { return nil }
        guard present.count == 1 else { throw PackageContents.twoLists }
        self.folder = folder
        listName = name
        listBytes = try folder.bytes(of: name, limit: Int64(ChecksumList.maximumBytes)) ?? []
        list = try ChecksumList(reading: listBytes, allowingDotSlash: true, named: name)
    }

    /// Where the armored signatures over the list are.
    var signatureName: String { listName + ".asc" }

    /// Everything but the list and signatures.
    private var names: [(name: String, size: Int64)] {
        folder.names.filter { ![listName, listName + ".asc", PackageEntryName.modelSignature].contains($0.name) }
    }

    /// Compares files and list and makes the manifest; `path` is where the folder is.
    ///
    /// - Throws: `BundleError`: `unlistedEntry`, `missingEntry`, and what is wrong with the model; `FileError`;
    ///   `CancellationError`.
    func contents(at path: FilePath, _ opening: PackageOpening) throws -> PackageContents {
        var options = ModelSourceOptions(createdAt: Timestamp(secondsSinceEpoch: 0), createdBy: opening.madeBy)
        options.name = opening.name
        options.version = opening.version
        let sizes = try sizes()
        let source = try ModelSource.inspect(path, options: options)
        let roles = Dictionary(
            source.files.map { (String($0.path.dropFirst(Self.root.count)), $0.role) }, uniquingKeysWith: { $1 })
        let files = list.digests.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
            ManifestFile(path: $0.key, role: roles[$0.key] ?? .other, sha256: $0.value, size: sizes[$0.key] ?? 0)
        }
        var draft = source.draft
        draft.members["createdAt"] = nil
        draft.members["license"] = Self.license(draft.members["license"]) { String($0.dropFirst(Self.root.count)) }
        if draft.version == nil { draft.version = try PackageVersion(derivedFrom: files.map(Self.packaged)) }
        return try PackageContents(making: try draft.manifest(of: files), checksumsBytes: listBytes)
    }

    private func sizes() throws -> [String: Int64] {
        var sizes: [String: Int64] = [:]
        for (name, size) in names {
            guard list.digests[name] != nil else {
                throw BundleError(
                    .unlistedEntry,
                    "validation failed: \(name.escapedForOneLine) is in the bundle, but \(listName) does not name it",
                    hint: "Ask the sender for a new copy of the bundle.")
            }
            sizes[name] = size
        }
        for name in list.digests.keys.sorted() where sizes[name] == nil {
            throw BundleError(
                .missingEntry, "validation failed: \(name) is listed but not in the bundle",
                hint: "Ask the sender for a new copy of the bundle.")
        }
        return sizes
    }

    /// The same file under the name that it has in a package.
    static func packaged(_ file: ManifestFile) -> ManifestFile {
        ManifestFile(path: packaged(file.path), roleName: file.roleName, sha256: file.sha256, size: file.size)
    }

    /// The name in a package of a file of a recipe.
    static func packaged(_ path: String) -> String { path.hasPrefix(root) ? path : root + path }

    /// The member `license` with another name of the file.
    static func license(_ value: JSONValue?, _ rename: (String) -> String) -> JSONValue? {
        guard var members = value?.object else { return value }
        if let file = members["file"]?.string { members["file"] = .string(rename(file)) }
        return .object(members)
    }
}
