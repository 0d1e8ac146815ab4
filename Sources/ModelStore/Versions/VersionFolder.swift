// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import BundleKit
package import SystemPackage

/// The folder of one version: `receipt.json` and `package/`.
struct VersionFolder {
    let folder: Folder
    let receipt: Receipt

    /// Opens a version's folder of a model; `nil` where it is gone.
    ///
    /// - Throws: `StoreError`, code `damaged` or `unsupportedSchema`; `FileError`.
    init?(_ name: String, in model: ModelFolder) throws {
        do {
            folder = try model.folder.folder(name)
            receipt = try Receipt(in: folder)
        } catch let error as FileError where error.code == .notFound {
            guard try model.folder.status(of: name) != nil else { return nil }
            throw StoreError.damaged(model.folder.path(of: name), "has no receipt.json", cause: error)
        }
        guard receipt.name == model.name, StoreLayout.folderName(receipt.version, receipt.identity) == name else {
            throw StoreError.damaged(
                folder.path(of: StoreLayout.receipt), "is the receipt of \(receipt.name):\(receipt.version)")
        }
    }

    /// The manifest in `package/`.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`.
    func manifest() throws -> Manifest {
        let path = folder.path(of: StoreLayout.package) + "/" + PackageEntryName.manifest
        do {
            let bytes = try folder.folder(StoreLayout.package).bytes(of: PackageEntryName.manifest)
            return Manifest.isForeign(bytes)
                ? try Manifest(foreign: bytes, in: foreignPlace) : try Manifest(reading: bytes)
        } catch let error as BundleError {
            throw StoreError.damaged(path, "cannot be read: \(error.message)", cause: error)
        } catch let error as FileError where error.code == .notFound {
            throw StoreError.damaged(path, "is missing", cause: error)
        }
    }

    /// What a manifest of another maker is read for: the receipt says what it was taken for at the import.
    private var foreignPlace: Manifest.Place {
        let own = ChecksumList.unlistedNames.union([PackageEntryName.manifest])
        let files = receipt.files.filter { !own.contains($0.path) }.map {
            ManifestFile(path: $0.path, roleName: $0.roleName, sha256: $0.sha256, size: $0.size)
        }
        return Manifest.Place(files: files, name: receipt.name, version: receipt.version)
    }

    /// The version as lists show it.
    func stored(_ manifest: Manifest, isActive: Bool, isPinned: Bool) -> StoredVersion {
        StoredVersion(
            name: receipt.name, version: receipt.version, identity: receipt.identity, content: receipt.content,
            isActive: isActive, isPinned: isPinned, importedAt: receipt.importedAt, sequence: receipt.audit.sequence,
            size: receipt.size,
            summary: ModelSummary(of: manifest), signatureStatus: receipt.signatureStatus,
            isTrusted: receipt.isTrusted)
    }
}

extension ModelFolder {
    /// Reads one version; `nil` where it is gone, or goes while it is read, which is no damage.
    ///
    /// One that is removed and imported again meanwhile is read again.
    ///
    /// - Throws: As `VersionFolder`; what `body` throws.
    func read<Value>(_ folderName: String, _ body: (VersionFolder) throws -> Value) throws -> Value? {
        while true {
            guard try folder.status(of: folderName) != nil else { return nil }
            var opened: Folder?
            do {
                opened = try folder.folder(folderName)
                return try VersionFolder(folderName, in: self).map(body)
            } catch {
                guard let now = try folder.status(of: folderName) else { return nil }
                if let opened, try !opened.status().isSameFile(as: now) { continue }
                throw error
            }
        }
    }
}

/// One version of a model with everything the store knows of it.
package struct StoredPackage: Sendable {
    package let version: StoredVersion
    package let manifest: Manifest
    package let receipt: Receipt
    /// The unpacked package; absolute.
    package let folder: FilePath
    /// Where the contents of all packages are; absolute.
    let blobs: FilePath

    /// Every file of the package.
    package var files: [StoredFile] { receipt.files }

    /// Where a file of the package is; absolute.
    package func path(of file: StoredFile) -> FilePath { folder.appending(file.path) }

    /// The weights, the first shard first.
    package var weights: [FilePath] { paths(.weights) }
    package var projector: FilePath? { paths(.projector).first }
    package var adapters: [FilePath] { paths(.adapter) }

    private func paths(_ role: FileRole) -> [FilePath] {
        files.filter { $0.role == role }.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
            .map { path(of: $0) }
    }

    /// Opens the package for reading, to write it again for example.
    ///
    /// - Throws: `BundleError` for a package that was damaged; `StoreError`, code `versionNotFound`, where it is gone;
    ///   `FileError`.
    package func reader() throws -> PackageReader {
        do {
            return try PackageReader.open(stored: folder, name: version.name, version: version.version)
        } catch let error as any PresentableError {
            guard (try? FileStatus.of(folder)) != nil else { throw StoreError.removed(version) }
            throw error
        }
    }

    /// Looks whether every file and the blob of its content are there with their size; digests are a matter of a full
    /// check.
    ///
    /// - Throws: `StoreError`, code `damaged`, naming the file; `FileError`.
    package func checkSizes() throws {
        for file in files {
            do {
                let place = try Folder.open(folder).place(of: file.path)
                guard let status = try place.folder.status(of: place.name), status.kind == .regular else {
                    throw StoreError.damaged(path(of: file).string, "is missing")
                }
                guard status.size == file.size else {
                    throw StoreError.damaged(
                        path(of: file).string, "has \(status.size) bytes instead of \(file.size)")
                }
            } catch let error as FileError where error.code == .notFound {
                throw StoreError.damaged(path(of: file).string, "is missing", cause: error)
            }
            try checkBlob(of: file)
        }
    }

    /// A content that a check moved aside is missing among the blobs, whatever `package/` may still hold.
    private func checkBlob(of file: StoredFile) throws {
        var store: BlobStore?
        do throws(FileError) {
            store = try BlobStore(reading: try Folder.open(blobs))
        } catch {
            // The folder is gone, or no folder.
            guard error.code == .notFound else { throw error }
        }
        guard try store?.holds(file.sha256, size: file.size) == true else {
            throw StoreError(
                .damaged, "the content of \(path(of: file).string.escapedForOneLine) is missing among the blobs",
                hint: "Run baigo check, and baigo check --repair with the package that holds it.")
        }
    }
}
