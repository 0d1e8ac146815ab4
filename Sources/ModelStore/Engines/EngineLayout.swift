// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import Glibc

/// Lays programs and libraries of an engine side by side, as its programs look for them.
///
/// `package/` stays as it came in; what is laid out shares its blocks as hard links, where the file system has them.
struct EngineLayout {
    private static let libraries = "libs/"
    private static let documents: Set = [
        PackageEntryName.manifest, PackageEntryName.checksums, PackageEntryName.signature,
    ]

    let receipt: EngineReceipt
    let package: Folder

    /// Fills an empty folder, proves it, and makes its names durable.
    ///
    /// - Returns: What `prove` found.
    /// - Throws: `StoreError`, code `damaged`, for two files of one name; what `prove` throws; `FileError`.
    func run(into area: Folder, prove: () throws -> JSONValue) throws -> JSONValue {
        for file in receipt.files where !Self.documents.contains(file.path) {
            let inner = file.path.hasPrefix(Self.libraries) || EntryName.parts(of: file.path).count == 1
            guard inner, let name = EntryName.parts(of: file.path).last else { continue }
            guard try area.status(of: name) == nil else {
                throw StoreError.damagedEngine(
                    package.path(of: file.path), "has the name of another file of the engine")
            }
            try place(file, as: name, in: area)
        }
        let evidence = try prove()
        try area.sync()
        return evidence
    }

    private func place(_ file: StoredFile, as name: String, in area: Folder) throws {
        var folder = package
        let parts = EntryName.parts(of: file.path)
        for part in parts.dropLast() { folder = try folder.folder(part) }
        guard let last = parts.last else { return }
        do throws(FileError) {
            try folder.link(last, to: name, in: area)
        } catch {
            guard error.code != .noSpace, error.code != .exists, error.code != .notFound else { throw error }
            let source = try folder.file(reading: last)
            let target = try area.file(creating: name, mode: 0o600)
            let outcome = try DataPipeline().run(.file(source, at: 0), count: file.size, to: .file(target, at: 0))
            guard outcome.digest == file.sha256, fchmod(target.raw, file.roleName == "program" ? 0o755 : 0o644) == 0
            else { throw StoreError.damagedEngine(source.path, "is not what was imported") }
            try target.sync()
        }
    }
}

extension EngineReceipt {
    /// Refuses an engine whose files are not those that were imported: nothing of it is run then.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`; `CancellationError`.
    func check(_ package: Folder) throws {
        let pipeline = try DataPipeline()
        for file in files {
            var folder = package
            let parts = EntryName.parts(of: file.path)
            do throws(FileError) {
                for part in parts.dropLast() { folder = try folder.folder(part) }
                guard let status = try folder.status(of: parts.last ?? ""), status.kind == .regular,
                    status.size == file.size
                else { throw FileError(.notFound, "") }
            } catch {
                guard error.code == .notFound else { throw error }
                throw StoreError.damagedEngine(
                    package.path(of: file.path),
                    "is missing or not as it was imported; remove the engine and import it again")
            }
            let opened = try folder.file(reading: parts.last ?? "")
            guard try pipeline.run(.file(opened, at: 0), count: file.size).digest == file.sha256 else {
                throw StoreError.damagedEngine(
                    opened.path, "is not as it was imported; remove the engine and import it again")
            }
        }
    }
}
