// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// Makes the models of a copy like those of its source: new versions first, what is active next, what is gone last.
struct ModelCopy {
    private static let version = "version"
    private static let link = "link"

    let source: CopySource
    let target: CopyTarget
    /// An empty folder beside the target's models.
    let area: Folder

    /// Adds and removes.
    ///
    /// - Throws: `FileError`; `StoreError`; `CancellationError`.
    func run(_ versions: [CopySource.Version]) throws {
        for version in versions {
            try Task.checkCancellation()
            try add(version)
        }
        let names = try source.names()
        for name in names {
            guard let from = try ModelFolder(name, in: source.models) else { continue }
            let to = try ModelFolder(making: name, in: target.models)
            // What a copy that was cut short was about to put in place.
            try to.folder.removeDrafts()
            for file in [StoreLayout.history, StoreLayout.pinned, StoreLayout.options, StoreLayout.active] {
                try mirror(file, of: from.folder, to: to.folder)
            }
        }
        try removeExtra(Set(versions.map { "\($0.name):\($0.folderName)" }), Set(names))
    }

    private func add(_ version: CopySource.Version) throws {
        let model = try ModelFolder(making: version.name, in: target.models)
        if let present = try VersionFolder(version.folderName, in: model) {
            try update(present, to: version)
            return
        }
        if try area.status(of: Self.version) != nil { try area.removeTree(Self.version) }
        try VersionBuilder(blobs: target.blobs).build(version.folder.receipt, as: Self.version, in: area)
        let built = try area.folder(Self.version)
        for file in try version.folder.folder.names() where file != StoreLayout.package {
            try mirror(file, of: version.folder.folder, to: built)
        }
        try area.rename(Self.version, to: version.folderName, in: model.folder)
        try model.folder.sync()
    }

    /// Takes over signatures that came later: first the files, then the receipt that names them.
    private func update(_ present: VersionFolder, to version: CopySource.Version) throws {
        try present.folder.removeDrafts()
        let package = try present.folder.folder(making: StoreLayout.package)
        let old = Dictionary(present.receipt.files.map { ($0.path, $0.sha256) }, uniquingKeysWith: { $1 })
        for file in version.folder.receipt.files where old[file.path] != file.sha256 {
            if try area.status(of: Self.link) != nil { try area.removeFile(Self.link) }
            try VersionBuilder(blobs: target.blobs).place(file, as: Self.link, in: area)
            let place = try package.place(making: file.path)
            try area.rename(Self.link, to: place.name, in: place.folder)
            try place.folder.sync()
        }
        for file in try version.folder.folder.names() where file != StoreLayout.package {
            try mirror(file, of: version.folder.folder, to: present.folder)
        }
    }

    /// Makes a small file like another, or removes it where there is none.
    private func mirror(_ name: String, of from: Folder, to: Folder) throws(FileError) {
        guard let status = try from.status(of: name), status.kind == .regular else {
            guard try to.status(of: name)?.kind == .regular else { return }
            try to.removeFile(name)
            try to.sync()
            return
        }
        let bytes = try from.bytes(of: name)
        if try to.status(of: name) != nil, try to.bytes(of: name) == bytes { return }
        try to.publish(bytes, as: name)
    }

    private func removeExtra(_ versions: Set<String>, _ names: Set<PackageName>) throws {
        var digests: Set<SHA256Digest> = []
        for name in try Catalog(models: target.models, root: target.root).names() {
            guard let model = try ModelFolder(name, in: target.models) else { continue }
            if let active = try model.namedActive(), !versions.contains("\(name):\(active)") { try model.deactivate() }
            for folder in try model.versionFolders() where !versions.contains("\(name):\(folder)") {
                if let receipt = try? VersionFolder(folder, in: model)?.receipt {
                    digests.formUnion(receipt.files.map(\.sha256))
                }
                let trash = "gone-\(digests.count)-\(folder)"
                try model.folder.rename(folder, to: trash, in: area)
                try model.folder.sync()
                try area.removeTree(trash)
            }
            guard !names.contains(name) else { continue }
            try model.retire(in: target.models)
        }
        guard !digests.isEmpty else { return }
        let needed = try Catalog(models: target.models, root: target.root).reachableDigests()
        for digest in digests.subtracting(needed) { _ = try target.blobs.remove(digest) }
    }
}
