// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// Versions of a model that are about to go.
struct Departure {
    let name: PackageName
    /// The names of their folders.
    let folders: Set<String>
    /// Whether nothing of the model stays.
    let isWhole: Bool
}

extension Catalog {
    /// The digests of all files of all versions, as receipts and manifests say.
    ///
    /// - Parameter departure: Versions that need nothing any more.
    /// - Returns: Every digest that is needed.
    /// - Throws: `StoreError`, code `damaged`, where a version cannot be read, so that nothing may count as unreachable;
    ///   `FileError`; `CancellationError`.
    func reachableDigests(without departure: Departure? = nil) throws -> Set<SHA256Digest> {
        let needed = try Parallel.map(try names()) { name -> [SHA256Digest] in
            guard let model = try ModelFolder(name, in: models) else { return [] }
            return try model.versionFolders().flatMap { folder -> [SHA256Digest] in
                if let departure, departure.name == name, departure.folders.contains(folder) { return [] }
                return try model.read(folder) {
                    try $0.receipt.files.map(\.sha256) + $0.manifest().files.map(\.sha256)
                } ?? []
            }
        }
        return Set(needed.joined())
    }

    /// The same; `nil` where a version is lost or cannot be read, for whatever reason, or something under `models/` is
    /// not understood: it may need anything, or come back and need it.
    func reachableDigestsIfKnown(without departure: Departure? = nil) throws -> Set<SHA256Digest>? {
        do {
            try checkEverythingIsUnderstood(without: departure)
            guard try LostVersion.all(in: root, models: models).isEmpty else { return nil }
            return try reachableDigests(without: departure)
        } catch is any PresentableError {
            return nil
        }
    }

    /// Refuses to tell what is needed while something under `models/` is not understood: it may need anything.
    ///
    /// Hidden files, which writes that were cut short leave, need nothing; versions that cannot be read are a matter of
    /// `reachableDigests()`.
    ///
    /// - Parameter departure: A model of which nothing stays is not looked at.
    /// - Throws: `StoreError`, code `damaged`, naming the first such thing; `FileError`.
    func checkEverythingIsUnderstood(without departure: Departure? = nil) throws {
        for publisher in try models.names() {
            guard let outer = try folder(publisher, in: models) else { continue }
            _ = try Parallel.map(outer.names()) { model in
                guard let inner = try folder(model, in: outer) else { return }
                guard let name = Self.name(publisher: publisher, model: model) else { throw unknown(inner.path) }
                if let departure, departure.isWhole, departure.name == name { return }
                for version in try inner.names() where !StoreLayout.isModelFile(version) {
                    guard try folder(version, in: inner) != nil else { continue }
                    guard version.contains("~") else { throw unknown(inner.path(of: version)) }
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
