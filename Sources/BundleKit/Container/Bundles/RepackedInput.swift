// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The files of a recipe without a manifest, under the names of a package and with a list of their own.
///
/// The recipe's signature is over another list and does not come along.
struct RepackedInput: PackageInput {
    private let reader: PackageReader
    private let files: [ManifestFile]
    private let sources: [String: PackageFile]
    let data: [(name: String, size: Int64)]
    let knownDigests: [SHA256Digest]?

    var metadata: [UInt8]? { nil }
    var storedSignature: [UInt8]? { nil }
    var modelSignature: [UInt8]? { nil }

    /// - Throws: `BundleError`, code `duplicateEntry`, where `x` and `model/x` are both there.
    init(_ reader: PackageReader) throws(BundleError) {
        self.reader = reader
        files = reader.manifest.files.map(BareRecipe.packaged)
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        var names = EntryNameSet()
        for file in files { try names.insert(try EntryName.validate(Array(file.path.utf8)), isFolder: false) }
        sources = Dictionary(
            reader.files.map { (BareRecipe.packaged($0.path), $0) }, uniquingKeysWith: { first, _ in first })
        data = files.map { ($0.path, $0.size) }
        knownDigests = files.map(\.sha256)
    }

    func documents(for digests: [SHA256Digest]) throws -> PackageDocuments {
        var members = reader.manifest.json.filter { !["files", "name", "totalSize", "version"].contains($0.key) }
        members["license"] = BareRecipe.license(members["license"], BareRecipe.packaged)
        let draft = ManifestDraft(name: reader.manifest.name, version: reader.manifest.version, members: members)
        let manifest = try draft.manifest(of: files)
        var sums = Dictionary(files.map { ($0.path, $0.sha256) }, uniquingKeysWith: { first, _ in first })
        sums[PackageEntryName.manifest] = try SHA256Digest(of: manifest.bytes)
        return PackageDocuments(
            manifest: manifest, manifestBytes: manifest.bytes, checksumsBytes: ChecksumList(digests: sums).bytes)
    }

    func open(_ index: Int) throws -> OpenedInput {
        guard let file = sources[files[index].path] else {
            throw BundleError(.missingEntry, "validation failed: \(files[index].path) is not there")
        }
        return try reader.open(file)
    }

    func contains(_ status: FileStatus) -> Bool { false }
}
