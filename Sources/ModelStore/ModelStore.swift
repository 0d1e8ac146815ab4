// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit
package import SystemPackage

/// The registry of models on this host: packages in, versions and receipts kept, files out.
///
/// Readers never wait and change nothing, not even where there is no store yet. Writers hold the store's lock from the
/// first decision to the last line of the audit log. The layout is described in `docs/store.md`.
package final class ModelStore: Sendable {
    let home: StoreHome
    let context: StoreContext

    private init(home: StoreHome, context: StoreContext) {
        self.home = home
        self.context = context
    }

    /// Names the store of a home; where there is none yet it is empty.
    ///
    /// - Parameters:
    ///   - path: The home.
    ///   - context: Who works with it.
    ///   - isShared: Whether everyone may read a home that is made by the first change.
    /// - Returns: The store.
    /// - Throws: `FileError`, code `unsafeOwnership`, `wrongPlace` or `permission`; `StoreError`, code `notAStore`,
    ///   `moved`, `unfinishedCopy`, `unsupportedSchema` or `damaged`.
    package static func open(
        home path: FilePath, context: StoreContext, sharing isShared: Bool = false
    ) throws -> ModelStore {
        let home = StoreHome(path: path, isShared: isShared)
        _ = try home.reading()
        return ModelStore(home: home, context: context)
    }

    /// The store's folder; absolute.
    package var path: FilePath { home.path }

    /// What the store is; `nil` where there is none yet.
    ///
    /// - Throws: as `open(home:context:)`.
    package func state() throws -> StoreState? {
        guard let (root, identity) = try home.reading() else { return nil }
        return StoreState(
            storeID: identity.storeID, isSignatureLatched: identity.isSignatureLatched,
            isSignatureReleased: identity.isSignatureReleased, free: try root.freeSpace())
    }

    /// A folder of the home for a part that keeps itself, `trust` for example; `nil` where it is not there.
    ///
    /// - Throws: `FileError`, code `unsafeOwnership`, where it is a link or others could write to it.
    package func folder(_ name: String) throws -> Folder? {
        guard let (root, _) = try home.reading() else { return nil }
        return try home.folder(name, in: root)
    }

    /// The audit log, for reading.
    ///
    /// - Throws: as `open(home:context:)`.
    package func auditLog() throws -> AuditLog {
        AuditLog(in: try folder(StoreLayout.audit))
    }

    /// All models, or one with all its versions, by name.
    ///
    /// - Throws: `StoreError`: `modelNotFound`, `ambiguous`; `FileError`.
    package func list(_ name: PackageName? = nil) throws -> StoreListing {
        try home.staying { try read(name) }
    }

    private func read(_ name: PackageName?) throws -> StoreListing {
        guard let catalog = try catalog() else {
            if let name { throw Resolver(names: []).unknown(name) }
            return StoreListing(models: [], warnings: [])
        }
        let found = try name.map { name in
            let name = try catalog.fullName(of: name)
            return (models: [(name: name, reading: try catalog.versions(of: name))], faults: [FileError]())
        }
        let all = try found ?? catalog.all()
        var listing = StoreListing(models: [], warnings: all.faults.map(\.asWarning))
        for (name, reading) in all.models {
            if !reading.versions.isEmpty {
                listing.models.append(StoredModel(name: name, versions: reading.versions))
            }
            listing.warnings += reading.faults.map(\.asWarning)
        }
        return listing
    }

    /// Everything the store knows of the version that a reference stands for, its files looked at by size.
    ///
    /// - Throws: `StoreError`: `modelNotFound`, `versionNotFound`, `noActiveVersion`, `ambiguous`, `damaged`;
    ///   `FileError`.
    package func resolve(_ reference: ModelReference, checkingSizes isChecking: Bool = true) throws -> StoredPackage {
        try home.staying {
            guard let catalog = try catalog() else { throw Resolver(names: []).unknown(reference.name) }
            let name = try catalog.fullName(of: reference.name)
            let version = try Self.version(of: reference, among: try catalog.versions(of: name))
            return try catalog.package(of: version, home: home, checkingSizes: isChecking)
        }
    }

    private func catalog() throws -> Catalog? {
        guard let (root, _) = try home.reading(), let models = try home.folder(StoreLayout.models, in: root) else {
            return nil
        }
        return Catalog(models: models, root: root)
    }

    /// The version that a reference stands for, or why it cannot be told.
    ///
    /// - Throws: `StoreError`; what a version that may be meant cannot be read for.
    static func version(of reference: ModelReference, among reading: Catalog.Reading) throws -> StoredVersion {
        do throws(StoreError) {
            return try Resolver.version(of: reference, among: reading.versions)
        } catch {
            // A version that cannot be read may be the one that was meant.
            guard error.code != .ambiguous, let fault = reading.faults.first else { throw error }
            throw fault
        }
    }
}

/// What a store says of itself.
package struct StoreState: Sendable, Equatable {
    package let storeID: String
    /// Whether signatures have been required once and stay required until that is lifted.
    package let isSignatureLatched: Bool
    /// Whether a policy that was set here lifted that.
    package let isSignatureReleased: Bool
    /// Bytes that can still be written.
    package let free: ByteCount
}

/// The models of a store.
package struct StoreListing: Sendable, Equatable {
    /// By name, in byte order.
    package internal(set) var models: [StoredModel]
    /// Versions that cannot be read.
    package internal(set) var warnings: [Warning]
}
