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
        /// Why versions, or files beside them, cannot be read.
        var faults: [any PresentableError] = []

        /// What `body` finds; `nil` where it fails, which is noted.
        mutating func noting<Value>(_ body: () throws -> Value) throws -> Value? {
            do {
                return try body()
            } catch let error as any PresentableError {
                faults.append(error)
                return nil
            }
        }
    }

    /// The names of all models in byte order; a name that baigo would not give is left out.
    ///
    /// - Throws: `FileError`, also where the folder of one publisher cannot be read.
    func names() throws(FileError) -> [PackageName] {
        let (names, faults) = try readableNames()
        if let fault = faults.first { throw fault }
        return names
    }

    /// The same, without the models of publishers whose folder cannot be read, and why that is.
    ///
    /// - Throws: `FileError` where the folder of all models cannot be read.
    func readableNames() throws(FileError) -> (names: [PackageName], faults: [FileError]) {
        var names: [PackageName] = []
        let faults = try eachFolder { publisher, folder throws(FileError) in
            names += try folder.namesAndOthers().names.compactMap { Self.name(publisher: publisher, model: $0) }
        }
        let sorted = names.map { (text: $0.description, name: $0) }
            .sorted { $0.text.precedesBytewise($1.text) }.map(\.name)
        return (sorted, faults)
    }

    /// Goes through the folders of publishers; one that is gone meanwhile is left out.
    ///
    /// - Returns: Why some of them cannot be read.
    func eachFolder(
        _ body: (_ publisher: String, _ folder: Folder) throws(FileError) -> Void
    ) throws(FileError) -> [FileError] {
        var faults: [FileError] = []
        for publisher in try models.namesAndOthers().names where !publisher.hasPrefix(".") {
            do throws(FileError) {
                try body(publisher, try models.folder(publisher))
            } catch {
                if error.code != .notFound { faults.append(error) }
            }
        }
        return faults
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
        return try Resolver(names: try readableNames().names).fullName(of: name)
    }

    /// The only model of that name with a publisher; `nil` for none or several.
    private func onlyPublisher(of model: String) throws -> PackageName? {
        var found: [PackageName] = []
        _ = try eachFolder { publisher, _ throws(FileError) in
            guard publisher != StoreLayout.noPublisher, let name = Self.name(publisher: publisher, model: model),
                try ModelFolder(name, in: models) != nil
            else { return }
            found.append(name)
        }
        return found.count == 1 ? found.first : nil
    }

    /// All versions of a model, the newest first.
    ///
    /// - Throws: `FileError` where the model's folder cannot be read; faults of what is in it are collected instead.
    func versions(of name: PackageName) throws -> Reading {
        guard let model = try ModelFolder(name, in: models) else { return Reading() }
        while true {
            let active = try? model.namedActive()
            let reading = try read(model)
            // Where another version was made the active one meanwhile, what was read may show none, or one that is gone.
            if (try? model.namedActive()) == active { return reading }
        }
    }

    private func read(_ model: ModelFolder) throws -> Reading {
        var reading = Reading()
        let active = try reading.noting { try model.activeFolder() } ?? nil
        let pinned = try reading.noting { try model.pinned() } ?? []
        for folder in try model.versionFolders() {
            let found = try reading.noting {
                try model.read(folder) {
                    $0.stored(try $0.manifest(), isActive: folder == active, isPinned: pinned.contains(folder))
                }
            }
            if let found = found ?? nil { reading.versions.append(found) }
        }
        reading.versions.sort { ($0.sequence, $0.folderName) > ($1.sequence, $1.folderName) }
        return reading
    }

    /// The same for lists: a model that cannot be read at all leaves the others.
    func reading(of name: PackageName) throws -> Reading {
        do {
            return try versions(of: name)
        } catch let error as any PresentableError {
            return Reading(faults: [error])
        }
    }

    /// Everything the store knows of one version.
    ///
    /// - Parameters:
    ///   - version: The version.
    ///   - home: The store's home.
    ///   - isChecking: Whether every file has to be there with its size.
    /// - Returns: The version.
    /// - Throws: `StoreError`, code `damaged`, or `versionNotFound` where it is gone; `FileError`.
    func package(
        of version: StoredVersion, home: StoreHome, checkingSizes isChecking: Bool = false
    ) throws -> StoredPackage {
        let publisher = version.name.publisher ?? StoreLayout.noPublisher
        let folder = home.path.appending(StoreLayout.models).appending(publisher).appending(version.name.model)
            .appending(version.folderName).appending(StoreLayout.package)
        let package = try ModelFolder(version.name, in: models)?.read(version.folderName) { found in
            let manifest = try found.manifest()
            let package = StoredPackage(
                version: found.stored(manifest, isActive: version.isActive, isPinned: version.isPinned),
                manifest: manifest, receipt: found.receipt, folder: folder,
                blobs: home.path.appending(StoreLayout.blobs))
            if isChecking { try package.checkSizes() }
            return package
        }
        guard let package else { throw StoreError.removed(version) }
        return package
    }
}
