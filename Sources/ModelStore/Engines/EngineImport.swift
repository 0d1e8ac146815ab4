// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// One import of an engine pack under the store's lock.
///
/// Staged in `staging/engine-import`, synced, and published by one rename.
struct EngineImport {
    private static let area = "engine-import"
    /// Bytes for the receipt and folders.
    private static let slack: Int64 = 1 << 20

    let writing: WritingHome
    let pack: EnginePack
    let source: String
    let progress: any ProgressObserver

    private var reference: String { "\(pack.manifest.id):\(folderName)" }
    private var folderName: String { "\(pack.manifest.version)-\(pack.manifest.target.build)" }

    /// Runs the import.
    ///
    /// - Throws: What stands against it, after an audit line that says so; then nothing has changed.
    func run(_ approve: () throws -> EngineVerdict) throws -> EngineImportResult {
        let shelf = try writing.engineShelf()
        let verdict: EngineVerdict
        do {
            verdict = try approve()
            if let present = try present(in: shelf) {
                let head = try writing.audit.outcome(event(verdict), .present)
                return EngineImportResult(engine: present, wasPresent: true, audit: head)
            }
            try checkSpace()
        } catch {
            try record(error, of: nil)
            throw error
        }
        let intent = try writing.audit.intent(event(verdict))
        do {
            try stage(verdict, intent)
            try publish(in: shelf)
        } catch {
            // What cannot be removed now, the next writer removes.
            try? writing.discardStaging(Self.area)
            try record(error, of: intent)
            throw error
        }
        let head = try writing.audit.outcome(event(verdict), .done, of: intent)
        guard let engine = try shelf.engine(pack.manifest.id, folderName, active: try shelf.namedActive()) else {
            throw StoreError.damaged(shelf.folder.path, "has lost \(reference), which was just imported")
        }
        return EngineImportResult(engine: engine, wasPresent: false, audit: head)
    }

    /// The same pack, where it is there already.
    private func present(in shelf: EngineShelf) throws -> StoredEngine? {
        let id = pack.manifest.id
        for other in try shelf.folder.names() where EntryName.folded(other) == EntryName.folded(id) && other != id {
            throw StoreError(
                .nameConflict, "the id \(id) differs from \(other) in the store only in case",
                hint: "Remove that engine first.")
        }
        let folded = EntryName.folded(folderName)
        guard let found = try shelf.names(of: id).first(where: { EntryName.folded($0) == folded }) else { return nil }
        let engine = try shelf.engine(id, found, active: try shelf.namedActive())
        if let engine, engine.receipt.digest == pack.digest { return engine }
        throw StoreError(
            .alreadyExists, "\(id):\(found) is in the store with other content",
            hint: "Remove it first (baigo engine remove \(id):\(found)), or get a pack with another version.")
    }

    private func checkSpace() throws {
        let copies = try writing.takesLinks() ? 1 : 2
        let needed = ByteCount(
            repeatElement(pack.unpackedSize.bytes, count: copies).clampedSum.clampedAdding(Self.slack))
        let free = try writing.root.freeSpace()
        guard needed <= free else {
            throw FileError(
                .noSpace,
                "\(reference) needs \(needed) in \(writing.root.path.escapedForTerminal), where \(free) are free",
                hint: "Free some space, or choose another home.")
        }
    }

    private func stage(_ verdict: EngineVerdict, _ intent: AuditHead) throws {
        let area = try writing.staging.folder(making: Self.area)
        try pack.unpack(into: try area.folder(making: EngineShelf.package), progress: progress)
        let receipt = EngineReceipt(
            of: pack, verdict, from: source, audit: intent, at: writing.context.clock(), context: writing.context)
        try area.publish(receipt.bytes, as: StoreLayout.receipt)
        try Task.checkCancellation()
    }

    private func publish(in shelf: EngineShelf) throws {
        let isNew = try shelf.folder.status(of: pack.manifest.id) == nil
        let place = try shelf.folder.folder(making: pack.manifest.id)
        if isNew { try shelf.folder.sync() }
        try writing.staging.rename(Self.area, toNew: folderName, in: place)
        try place.sync()
        try writing.staging.sync()
    }

    private func event(_ verdict: EngineVerdict?) -> AuditEvent {
        var details: [String: JSONValue] = ["from": .string(source), "size": .integer(pack.size.bytes)]
        if let verdict {
            details["signature"] = .string(verdict.report.status.rawValue)
            details["trusted"] = .bool(verdict.isTrusted)
            details["digestNamed"] = .bool(verdict.isVouched)
        }
        return AuditEvent("engine.import", model: reference, identity: pack.digest, details: details)
    }

    private func record(_ error: any Error, of intent: AuditHead?) throws {
        let refusal = ImportRefusal(error)
        do {
            try writing.audit.outcome(event(nil), refusal.result, error: refusal.identifier, of: intent)
        } catch is FileError {
            // An intent stays open then, and the next writer ends it; the error that led here is the one to tell.
        }
    }
}
