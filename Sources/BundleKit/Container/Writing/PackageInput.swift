// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// Manifest and list, once the digests are known.
struct PackageDocuments: Sendable {
    let manifest: Manifest
    let manifestBytes: [UInt8]
    let checksumsBytes: [UInt8]
}

/// A file or entry that is open for being read.
struct OpenedInput {
    let source: DataSource
    /// The container's checksum of the data, where it has one.
    let crc32: UInt32?
    /// Throws when the source changed since it was opened.
    let checkUnchanged: () throws -> Void

    /// Throws when what was read is not the whole of a source that stayed as it was.
    func check(_ outcome: DataOutcome, of file: PackageFile) throws {
        try checkUnchanged()
        guard outcome.count == file.size else { throw BundleError.sourceChanged(file.path) }
    }
}

/// What goes into a package, wherever it comes from.
protocol PackageInput {
    /// Names and sizes of the data entries, in the archive's order.
    var data: [(name: String, size: Int64)] { get }
    var metadata: [UInt8]? { get }
    /// What `checksums.txt` is signed with already.
    var storedSignature: [UInt8]? { get }
    var modelSignature: [UInt8]? { get }
    /// The digests of the data, where they are known before it is read.
    var knownDigests: [SHA256Digest]? { get }
    /// Manifest and list; their sizes do not depend on the digests.
    func documents(for digests: [SHA256Digest]) throws -> PackageDocuments
    /// Opens a data entry.
    func open(_ index: Int) throws -> OpenedInput
    /// Whether the file of that status is one of the sources.
    func contains(_ status: FileStatus) -> Bool
}

extension PackageInput {
    var dataSize: Int64 { data.reduce(0) { $0 + $1.size } }

    /// The places of everything, with the signature behind the list where it is given.
    func layout(documents: PackageDocuments, earlySignature: [UInt8]? = nil) throws(BundleError) -> ZipLayout {
        var layout = ZipLayout()
        try layout.append(PackageEntryName.manifest, size: Int64(documents.manifestBytes.count))
        if let metadata { try layout.append(PackageEntryName.metadata, size: Int64(metadata.count)) }
        try layout.append(PackageEntryName.checksums, size: Int64(documents.checksumsBytes.count))
        if let earlySignature { try layout.append(PackageEntryName.signature, size: Int64(earlySignature.count)) }
        for entry in data { try layout.append(entry.name, size: entry.size) }
        return layout
    }
}

/// Files of a plan.
struct PlannedInput: PackageInput {
    private let draft: ManifestDraft
    private let files: [PlannedFile]
    private let statuses: [FileStatus]
    let metadata: [UInt8]?
    let data: [(name: String, size: Int64)]

    var storedSignature: [UInt8]? { nil }
    var modelSignature: [UInt8]? { nil }
    var knownDigests: [SHA256Digest]? { nil }

    /// Checks names and sources.
    ///
    /// - Throws: `BundleError`: `unsafeEntryName`, `duplicateEntry`, `invalidRequest`, `sourceChanged`; `FileError`.
    init(_ plan: PackagePlan) throws {
        draft = plan.manifest
        metadata = plan.metadata
        files = plan.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        data = files.map { ($0.path, $0.size) }
        var total: Int64 = 0
        var names = EntryNameSet()
        for name in [PackageEntryName.manifest, PackageEntryName.metadata, PackageEntryName.checksums] {
            try names.insert(name, isFolder: false)
        }
        guard Int64(plan.metadata?.count ?? 0) <= ArchiveBody.maximumMetadata else {
            throw BundleError.tooLarge(PackageEntryName.metadata, ArchiveBody.maximumMetadata)
        }
        for name in [PackageEntryName.signature, PackageEntryName.modelSignature, PackageEntryName.otherChecksums] {
            try names.insert(name, isFolder: false)
        }
        var statuses: [FileStatus] = []
        for file in files {
            let name = try EntryName.validate(Array(file.path.utf8))
            try names.insert(name, isFolder: false)
            let opened = try OwnedDescriptor.open(reading: file.source)
            let status = try opened.status()
            guard status.kind == .regular else {
                throw FileError(
                    .wrongType, "\(file.source.string.escapedForTerminal) is not a regular file",
                    hint: "Name a regular file, or a copy of it that is one.")
            }
            guard status.size == file.size else { throw BundleError.sourceChanged(file.source.string) }
            try Self.checkEnd(of: opened, at: status.size)
            guard status.size <= PackageLimit.bytes - total else { throw PackageLimit.tooLarge(file.source.string) }
            total += status.size
            statuses.append(status)
        }
        self.statuses = statuses
    }

    func documents(for digests: [SHA256Digest]) throws -> PackageDocuments {
        var listed = zip(files, digests).map {
            ManifestFile(path: $0.path, role: $0.role, sha256: $1, size: $0.size)
        }
        if let metadata {
            let file = ManifestFile(
                path: PackageEntryName.metadata, role: .metadata, sha256: try SHA256Digest(of: metadata),
                size: Int64(metadata.count))
            listed.insert(file, at: 0)
        }
        let manifest = try draft.manifest(of: listed)
        let bytes = manifest.bytes
        guard bytes.count <= Manifest.maximumBytes else {
            throw BundleError.tooLarge(PackageEntryName.manifest, Int64(Manifest.maximumBytes))
        }
        var sums = Dictionary(listed.map { ($0.path, $0.sha256) }, uniquingKeysWith: { first, _ in first })
        sums[PackageEntryName.manifest] = try SHA256Digest(of: bytes)
        return PackageDocuments(
            manifest: manifest, manifestBytes: bytes, checksumsBytes: ChecksumList(digests: sums).bytes)
    }

    func open(_ index: Int) throws -> OpenedInput {
        let path = files[index].source
        let status = statuses[index]
        let file = try OwnedDescriptor.open(reading: path)
        let check = {
            guard try file.status().isUnchanged(since: status) else { throw BundleError.sourceChanged(path.string) }
            try Self.checkEnd(of: file, at: status.size)
        }
        try check()
        return OpenedInput(source: .file(file, at: 0), crc32: nil, checkUnchanged: check)
    }

    /// Refuses a file that goes on behind its size, as those of `/proc` do.
    private static func checkEnd(of file: OwnedDescriptor, at size: Int64) throws {
        guard try file.bytes(at: size, count: 1).isEmpty else {
            throw BundleError(
                .sourceChanged, "\(file.path.escapedForOneLine) has more bytes than the system says it has",
                hint: "Copy it to a regular file, and wait until nothing writes to it.")
        }
    }

    func contains(_ status: FileStatus) -> Bool {
        statuses.contains { $0.isSameFile(as: status) }
    }
}

/// The entries of a package that is there already.
struct StoredInput: PackageInput {
    private let reader: PackageReader
    private let files: [PackageFile]
    private let status: FileStatus?
    let data: [(name: String, size: Int64)]
    let knownDigests: [SHA256Digest]?

    var metadata: [UInt8]? { reader.metadataBytes }
    var storedSignature: [UInt8]? { reader.signature }
    var modelSignature: [UInt8]? { reader.modelSignature }

    /// - Throws: `BundleError`: `invalidRequest` for a stream, `digestMismatch` for a damaged `metadata.json`.
    init(_ reader: PackageReader) throws {
        switch reader.body {
        case .archive(let archive): status = archive.status
        case .tar(let tar): status = tar.status
        case .folder: status = nil
        case .stream:
            throw BundleError(
                .invalidRequest, "a package from a stream cannot be written again before it is stored",
                hint: "Save it to a file first.")
        }
        self.reader = reader
        try reader.checkMetadata()
        let documents = [PackageEntryName.manifest, PackageEntryName.metadata]
        files = reader.contents.files.filter { !documents.contains($0.path) }
        data = files.map { ($0.path, $0.size) }
        knownDigests = files.map(\.sha256)
    }

    func documents(for digests: [SHA256Digest]) throws -> PackageDocuments {
        PackageDocuments(
            manifest: reader.manifest, manifestBytes: reader.manifestBytes, checksumsBytes: reader.checksumsBytes)
    }

    func open(_ index: Int) throws -> OpenedInput {
        try reader.open(files[index])
    }

    func contains(_ status: FileStatus) -> Bool {
        status.isSameFile(as: self.status)
    }
}

extension PackageReader {
    /// Compares `metadata.json`, which was read when the package was opened, with its digest.
    ///
    /// - Throws: `BundleError`, code `digestMismatch`.
    func checkMetadata() throws(BundleError) {
        guard let metadataBytes, let file = files.first(where: { $0.path == PackageEntryName.metadata }) else { return }
        let actual = try SHA256Digest(of: metadataBytes)
        guard actual != file.sha256 else { return }
        if let error = FileVerdict(file: file, status: .digestMismatch(actual: actual)).error(in: source) {
            throw error
        }
    }

    /// Opens the data of a file of a package that is no stream.
    func open(_ file: PackageFile) throws -> OpenedInput {
        switch body {
        case .archive(let archive):
            if let opened = archive.open(file.path) { return opened }
        case .tar(let tar):
            if let opened = tar.open(file.path) { return opened }
        case .folder(let folder): return try folder.openInput(file.path)
        case .stream: break
        }
        throw BundleError(.missingEntry, "validation failed: \(file.path) is not there").inPackage(source)
    }
}
