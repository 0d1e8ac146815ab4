// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

extension Catalog {
    /// The digests of all files of all versions, as receipts and manifests say.
    ///
    /// - Throws: `StoreError`, code `damaged`, where a version cannot be read, so that nothing may count as unreachable;
    ///   `FileError`; `CancellationError`.
    func reachableDigests() throws -> Set<SHA256Digest> {
        let needed = try Parallel.map(try names()) { name -> [SHA256Digest] in
            guard let model = try ModelFolder(name, in: models) else { return [] }
            return try model.versionFolders().flatMap { folder -> [SHA256Digest] in
                guard let found = try VersionFolder(folder, in: model) else { return [] }
                return try found.receipt.files.map(\.sha256) + found.manifest().files.map(\.sha256)
            }
        }
        return Set(needed.joined())
    }

    /// The same; `nil` where a version cannot be read, or something under `models/` is not understood: it may need
    /// anything.
    ///
    /// - Throws: `FileError`.
    func reachableDigestsIfReadable() throws -> Set<SHA256Digest>? {
        do {
            try checkEverythingIsUnderstood()
            return try reachableDigests()
        } catch is StoreError {
            return nil
        }
    }

    /// Refuses to tell what is needed while something under `models/` is not understood: it may need anything.
    ///
    /// Hidden files, which writes that were cut short leave, need nothing; versions that cannot be read are a matter of
    /// `reachableDigests()`.
    ///
    /// - Throws: `StoreError`, code `damaged`, naming the first such thing; `FileError`.
    func checkEverythingIsUnderstood() throws {
        for publisher in try models.names() {
            guard let outer = try folder(publisher, in: models) else { continue }
            for model in try outer.names() {
                guard let inner = try folder(model, in: outer) else { continue }
                let text = publisher == StoreLayout.noPublisher ? model : "\(publisher)/\(model)"
                do throws(BundleError) {
                    _ = try PackageName(validating: text)
                } catch {
                    throw unknown(inner.path)
                }
                for version in try inner.names()
                where !StoreLayout.isModelFile(version) {
                    guard try folder(version, in: inner) != nil else { continue }
                    guard version.contains("~"), !version.hasPrefix(".") else {
                        throw unknown(inner.path(of: version))
                    }
                }
            }
        }
    }

    /// A folder; `nil` for a hidden file.
    private func folder(_ name: String, in outer: Folder) throws -> Folder? {
        guard let status = try outer.status(of: name) else { return nil }
        if status.kind == .folder, !name.hasPrefix(".") { return try outer.folder(name) }
        guard status.kind == .regular, name.hasPrefix(".") else { throw unknown(outer.path(of: name)) }
        return nil
    }

    private func unknown(_ path: String) -> StoreError {
        StoreError(
            .damaged, "\(path.escapedForOneLine) is nothing that baigo puts there, and may need any content",
            hint: "Move it out of models/, or remove it; until then nothing is collected.")
    }
}
