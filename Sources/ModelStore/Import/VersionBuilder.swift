// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import Glibc

/// Builds the folder of a version from blobs, out of sight.
struct VersionBuilder {
    let blobs: BlobStore

    /// Makes `<name>/package/…` and `<name>/receipt.json`, everything synced.
    ///
    /// - Throws: `FileError`; `StoreError`, code `damaged`, where a blob that is copied does not have its digest.
    func build(_ receipt: Receipt, as name: String, in outer: Folder) throws {
        let version = try outer.folder(making: name)
        let package = try version.folder(making: StoreLayout.package)
        var folders: [String: Folder] = ["": package]
        for file in receipt.files {
            var parts = EntryName.parts(of: file.path)
            let last = parts.popLast() ?? ""
            var inner = package
            var path = ""
            for part in parts {
                path += "/" + part
                inner = try folders[path] ?? inner.folder(making: part)
                folders[path] = inner
            }
            try place(file, as: last, in: inner)
        }
        let written = try version.file(creating: StoreLayout.receipt)
        try written.writeAll(receipt.bytes, at: 0)
        try written.sync()
        for (_, folder) in folders.sorted(by: { $0.key.utf8.count > $1.key.utf8.count }) { try folder.sync() }
        try version.sync()
        try outer.sync()
    }

    /// Gives a blob a name in a package: a second name where the file system can, else a clone, else a copy.
    ///
    /// - Throws: `FileError`; `StoreError`, code `damaged`.
    func place(_ file: StoredFile, as name: String, in folder: Folder) throws {
        let blob = try blobs.place(of: file.sha256)
        do {
            try blob.folder.link(blob.name, to: name, in: folder)
        } catch  where ![.notFound, .noSpace, .readOnly, .exists].contains(error.code) {
            try copy(file, as: name, in: folder)
        }
    }

    private func copy(_ file: StoredFile, as name: String, in folder: Folder) throws {
        let blob = try blobs.open(file.sha256)
        let target = try folder.file(creating: name)
        if !target.clone(blob) {
            let outcome = try DataPipeline().run(.file(blob, at: 0), count: file.size, to: .file(target, at: 0))
            guard outcome.digest == file.sha256 else { throw StoreError.damaged(blob.path, "does not have its digest") }
        }
        guard fchmod(target.raw, 0o444) == 0 else { throw FileError(.lastError, while: "protect", target.path) }
        try target.sync()
    }
}
