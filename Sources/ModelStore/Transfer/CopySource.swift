// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// What of a store is carried to another place.
struct CopySource {
    /// A version as its receipt tells it.
    struct Version {
        let name: PackageName
        let folder: VersionFolder
        let folderName: String
    }

    let root: Folder
    let identity: StoreIdentity
    let models: Folder
    let blobs: BlobStore?

    private var catalog: Catalog { Catalog(models: models, root: root) }

    /// Every model; folders without a version too, since they hold a history.
    func names() throws -> [PackageName] { try catalog.names() }

    /// Every version, all of them readable.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`; `CancellationError`.
    func versions() throws -> [Version] {
        try Parallel.map(names(), isCancellable: true) { name -> [Version] in
            guard let model = try ModelFolder(name, in: models) else { return [] }
            return try model.versionFolders().compactMap { folderName in
                try model.read(folderName) {
                    _ = try $0.manifest()
                    return Version(name: name, folder: $0, folderName: folderName)
                }
            }
        }.flatMap(\.self)
    }

    /// Files and folders of the home that are taken over as they are.
    ///
    /// - Parameter isMove: Whether what a check moved aside goes along.
    /// - Returns: Their names.
    /// - Throws: `FileError`.
    func others(forMove isMove: Bool) throws(FileError) -> [String] {
        var left: Set = [
            StoreLayout.lock, StoreLayout.staging, StoreLayout.models, StoreLayout.blobs, StoreLayout.audit,
            StoreLayout.index, StoreIdentity.fileName, CopyMark.fileName, MovedStore.fileName, "lost+found",
        ]
        if !isMove { left.insert(StoreLayout.quarantine) }
        return try root.names().filter { !left.contains($0) && !$0.hasPrefix(".") && !$0.hasPrefix("index-") }
    }
}
