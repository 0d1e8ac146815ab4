// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// The models of a store by its index, as far as that is as new as the plain files.
///
/// A model whose folder changed after the index was made, by hand or by a command that died, is read itself.
final class IndexedCatalog {
    private let catalog: Catalog
    private let snapshot: IndexSnapshot
    private var publishers: [String: Folder] = [:]

    /// Joins plain files and index.
    init(_ catalog: Catalog, _ snapshot: IndexSnapshot) {
        self.catalog = catalog
        self.snapshot = snapshot
    }

    /// All versions of a model, the newest first.
    ///
    /// - Throws: `FileError`; damaged versions are collected instead.
    func versions(of name: PackageName) throws -> Catalog.Reading {
        guard let entry = snapshot.entries[name.description], try stamp(of: name) == entry.stamp else {
            return try catalog.versions(of: name)
        }
        return Catalog.Reading(versions: entry.versions)
    }

    private func stamp(of name: PackageName) throws(FileError) -> Int64? {
        let publisher = name.publisher ?? StoreLayout.noPublisher
        do throws(FileError) {
            let folder: Folder
            if let known = publishers[publisher] {
                folder = known
            } else {
                folder = try catalog.models.folder(publisher)
                publishers[publisher] = folder
            }
            return try folder.status(of: name.model)?.modifiedNanoseconds
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }
}

extension Catalog {
    /// The models by the index; `nil` where there is none.
    func indexed() throws -> IndexedCatalog? {
        IndexSnapshot(in: root).map { IndexedCatalog(self, $0) }
    }
}
