// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit

/// What an import of an engine did.
package struct EngineImportResult: Sendable {
    package let engine: StoredEngine
    /// Whether the same pack was there already.
    package let wasPresent: Bool
    package let audit: AuditHead
}

extension ModelStore {
    /// The engines of the store.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`.
    package func engines() throws -> EngineListing {
        guard let shelf = try engineShelf() else { return EngineListing() }
        return try shelf.list()
    }

    /// The engine that a reference stands for.
    ///
    /// - Throws: `StoreError`: `engineNotFound`, `ambiguous`, `damaged`; `FileError`.
    package func engine(_ reference: EngineReference) throws -> StoredEngine {
        guard let shelf = try engineShelf() else { throw EngineShelf.unknown(reference) }
        return try shelf.resolve(reference)
    }

    /// The active engine; `nil` where the one that came with baigo is used.
    ///
    /// - Throws: `StoreError`, code `damaged`, where it is gone or cannot be read; `FileError`.
    package func activeEngine() throws -> StoredEngine? {
        guard let shelf = try engineShelf() else { return nil }
        while let active = try shelf.active() {
            if let engine = try shelf.engine(active.id, active.folderName, active: active) { return engine }
            // It may have been removed just now.
            guard try shelf.active() != active else {
                throw StoreError.damagedEngine(
                    shelf.folder.path(of: StoreLayout.active), "names an engine that is not there")
            }
        }
        return nil
    }

    /// Which engines were active, the oldest first.
    ///
    /// - Throws: `StoreError`, code `damaged`; `FileError`.
    package func engineHistory() throws -> [EngineActivation] {
        try engineShelf()?.history().compactMap(EngineActivation.init) ?? []
    }

    private func engineShelf() throws -> EngineShelf? {
        guard let (root, _) = try home.reading(), let folder = try home.folder(StoreLayout.engines, in: root) else {
            return nil
        }
        return EngineShelf(folder: folder)
    }

    /// Takes an engine pack in; it is there whole or not at all, and nothing of it is run.
    ///
    /// - Parameters:
    ///   - pack: The pack.
    ///   - source: Where it comes from, for the receipt: an absolute path.
    ///   - wait: How long to wait for another writer.
    ///   - progress: Told how much is written.
    ///   - approve: Decides under the lock whether the pack may be used.
    /// - Returns: The engine.
    /// - Throws: `StoreError`: `alreadyExists`, `nameConflict`; what `approve` throws; `FileError`; `CancellationError`.
    package func importEngine(
        _ pack: EnginePack, from source: String, wait: Duration = .zero,
        progress: any ProgressObserver = SilentProgress(), approve: () throws -> EngineVerdict
    ) throws -> EngineImportResult {
        let writing = try WritingHome(home, context: context, purpose: "engine.import", waiting: wait)
        return try EngineImport(writing: writing, pack: pack, source: source, progress: progress).run(approve)
    }

    /// Removes an engine.
    ///
    /// - Parameters:
    ///   - reference: The engine.
    ///   - isForced: Whether it may be the active one; then the engine that came with baigo is used.
    ///   - wait: How long to wait for another writer.
    /// - Returns: What is gone.
    /// - Throws: `StoreError`: `engineNotFound`, `ambiguous`, `activeVersion`; `FileError`.
    package func removeEngine(
        _ reference: EngineReference, forced isForced: Bool = false, wait: Duration = .zero
    ) throws -> StoredEngine {
        guard try engineShelf() != nil else { throw EngineShelf.unknown(reference) }
        let writing = try WritingHome(home, context: context, purpose: "engine.remove", waiting: wait)
        let shelf = try writing.engineShelf()
        let engine = try shelf.resolve(reference)
        guard !engine.isActive || isForced else {
            throw StoreError(
                .activeVersion, "\(engine.reference) is the active engine",
                hint: "Activate another one first, or use --force to go back to the one that came with baigo.")
        }
        let event = AuditEvent(
            "engine.remove", model: engine.reference, identity: engine.receipt.digest,
            details: [
                "active": .bool(engine.isActive), "folder": .string("\(engine.receipt.id)/\(engine.folderName)"),
            ])
        let intent = try writing.audit.intent(event)
        try writing.removeEngineFolder(engine.receipt.id, engine.folderName, from: shelf)
        try writing.audit.outcome(event, .done, of: intent)
        return engine
    }
}

extension WritingHome {
    /// The engines, their folder made where it is missing.
    func engineShelf() throws -> EngineShelf {
        EngineShelf(folder: try home.folder(making: StoreLayout.engines, in: root))
    }

    /// Says that an engine is not active, moves it out of sight, then deletes it.
    func removeEngineFolder(_ id: String, _ name: String, from shelf: EngineShelf) throws {
        if let active = try shelf.namedActive(), active.id == id, active.folderName == name {
            try shelf.publish(active: nil)
        }
        let trash = "engine-trash"
        if try staging.status(of: trash) != nil { try staging.removeTree(trash) }
        let outer = try shelf.folder.folder(id)
        try outer.rename(name, to: trash, in: staging)
        try outer.sync()
        try staging.sync()
        if try outer.names().isEmpty {
            try shelf.folder.removeTree(id)
            try shelf.folder.sync()
        }
        try staging.removeTree(trash)
        try staging.sync()
    }
}
