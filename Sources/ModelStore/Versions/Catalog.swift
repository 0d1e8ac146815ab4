// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import SystemPackage

/// All models as the plain files under `models/` tell them: the truth that the index is made from.
struct Catalog {
    let models: Folder
    /// The home, where the index is.
    let root: Folder

    /// What was read of one model.
    struct Reading {
        var versions: [StoredVersion] = []
        /// Versions that cannot be read.
        var faults: [StoreError] = []
    }

    /// The names of all models in byte order; a name that baigo would not give is left out.
    ///
    /// - Throws: `FileError`.
    func names() throws(FileError) -> [PackageName] {
        var names: [PackageName] = []
        try eachFolder { publisher, folder throws(FileError) in
            names += try folder.names().compactMap { Self.name(publisher: publisher, model: $0) }
        }
        return names.map { (text: $0.description, name: $0) }
            .sorted { $0.text.precedesBytewise($1.text) }.map(\.name)
    }

    /// Goes through the folders of publishers; one that is gone meanwhile is left out.
    func eachFolder(_ body: (_ publisher: String, _ folder: Folder) throws(FileError) -> Void) throws(FileError) {
        for publisher in try models.names() where !publisher.hasPrefix(".") {
            let folder: Folder
            do throws(FileError) {
                folder = try models.folder(publisher)
            } catch {
                guard error.code == .notFound else { throw error }
                continue
            }
            try body(publisher, folder)
        }
    }

    /// The name of a model by its folders; `nil` where baigo would not give it.
    static func name(publisher: String, model: String) -> PackageName? {
        try? PackageName(validating: publisher == StoreLayout.noPublisher ? model : "\(publisher)/\(model)")
    }

    /// The full name that a name stands for, as `Resolver` has it, without a look at every name where it is plain.
    ///
    /// - Throws: `StoreError`: `modelNotFound`, `ambiguous`; `FileError`.
    func fullName(of name: PackageName) throws -> PackageName {
        if try ModelFolder(name, in: models) != nil { return name }
        if name.publisher == nil, let only = try onlyPublisher(of: name.model) { return only }
        return try Resolver(names: try names()).fullName(of: name)
    }

    /// The only model of that name with a publisher; `nil` for none or several.
    private func onlyPublisher(of model: String) throws -> PackageName? {
        var found: [PackageName] = []
        for publisher in try models.names() where !publisher.hasPrefix(".") && publisher != StoreLayout.noPublisher {
            guard let name = Self.name(publisher: publisher, model: model),
                try ModelFolder(name, in: models) != nil
            else { continue }
            found.append(name)
        }
        return found.count == 1 ? found.first : nil
    }

    /// All versions of a model, the newest first.
    ///
    /// - Throws: `FileError`; damaged versions are collected instead.
    func versions(of name: PackageName) throws -> Reading {
        var reading = Reading()
        guard let model = try ModelFolder(name, in: models) else { return reading }
        var active: String?
        do {
            active = try model.activeFolder()
        } catch let error as StoreError {
            reading.faults.append(error)
        }
        let pinned = try model.pinned()
        for folder in try model.versionFolders() {
            do {
                guard let found = try VersionFolder(folder, in: model) else { continue }
                reading.versions.append(
                    found.stored(
                        try found.manifest(), isActive: folder == active, isPinned: pinned.contains(folder)))
            } catch let error as StoreError {
                if try model.folder.status(of: folder) != nil { reading.faults.append(error) }
            }
        }
        reading.versions.sort { ($0.sequence, $0.folderName) > ($1.sequence, $1.folderName) }
        return reading
    }

    /// Everything the store knows of one version.
    ///
    /// - Throws: `StoreError`, code `damaged`, or `versionNotFound` where it is gone; `FileError`.
    func package(of version: StoredVersion, home: StoreHome) throws -> StoredPackage {
        guard let model = try ModelFolder(version.name, in: models),
            let found = try VersionFolder(version.folderName, in: model)
        else {
            throw StoreError(
                .versionNotFound, "\(version.reference) was removed meanwhile", hint: "See baigo list.")
        }
        let manifest = try found.manifest()
        let publisher = version.name.publisher ?? StoreLayout.noPublisher
        let folder = home.path.appending(StoreLayout.models).appending(publisher).appending(version.name.model)
            .appending(version.folderName).appending(StoreLayout.package)
        return StoredPackage(
            version: found.stored(manifest, isActive: version.isActive, isPinned: version.isPinned), manifest: manifest,
            receipt: found.receipt,
            folder: folder, blobs: home.path.appending(StoreLayout.blobs))
    }
}
