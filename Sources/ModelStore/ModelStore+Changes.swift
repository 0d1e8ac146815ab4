// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit

extension ModelStore {
    /// What an import of this package would do; nothing is changed, nothing but the package's head is read.
    ///
    /// - Throws: What would stand against the import before data is read, signature and policy apart: `StoreError`
    ///   `alreadyExists`, `nameConflict`; `FileError`, `noSpace` and others.
    package func preview(_ package: any ImportablePackage, replacing isReplacing: Bool) throws -> ImportPreview {
        let decision = ImportDecision(package: package)
        guard let (root, _) = try home.reading() else {
            let place = try Folder.nearest(to: home.path)
            let needed = decision.needed { _, _ in false }
            let free = try place.freeSpace()
            try decision.checkSpace(needed: ImportDecision.room(for: needed), free: free, at: place.path)
            return ImportPreview(standing: .new, needed: needed, free: free)
        }
        var versions: [StoredVersion] = []
        if let models = try home.folder(StoreLayout.models, in: root) {
            let catalog = Catalog(models: models, root: root)
            versions = try catalog.versions(of: package.manifest.name).versions
            try decision.checkSpelling(names: try catalog.readableNames().names, versions: versions)
        }
        let standing = decision.standing(among: versions)
        try decision.checkConflict(standing, isReplacing: isReplacing)
        let free = try root.freeSpace()
        if case .present = standing { return ImportPreview(standing: standing, needed: ByteCount(0), free: free) }
        let blobs = try home.blobs(in: root)
        let staging = try home.folder(StoreLayout.staging, in: root)
        let staged = try staging.map { try StagedImport.held(by: package.identity, in: $0) } ?? [:]
        let needed = try decision.needed(isHeld: { try blobs?.holds($0, size: $1) ?? false }, staged: staged)
        try decision.checkSpace(needed: ImportDecision.room(for: needed), free: free, at: root.path)
        return ImportPreview(standing: standing, needed: needed, free: free)
    }

    /// Takes a package in: verified as a whole before anything of it is visible, or not at all.
    ///
    /// Each byte is read once. A refusal leaves an audit line; a package that is refused before its data is read makes
    /// no store where there is none.
    ///
    /// - Throws: `FileError`: `locked`, `noSpace`, `clock`, `unsafeOwnership` and others; `StoreError`:
    ///   `alreadyExists`, `nameConflict`, `damaged`; `BundleError` for the content; what `request.approve` throws;
    ///   `CancellationError`.
    package func importPackage(
        _ package: any ImportablePackage, _ request: ImportRequest, progress: any ProgressObserver = SilentProgress()
    ) throws -> ImportResult {
        var evidence: ImportEvidence?
        if try home.reading() == nil, package.signatureIsKnown { evidence = try request.approve(nil) }
        let writing = try WritingHome(home, context: context, purpose: "import", waiting: request.wait)
        return try ImportTransaction(
            writing: writing, package: package, request: request, progress: progress, earlyEvidence: evidence
        ).run()
    }

    /// Removes a version, or a model with all its versions, and the contents that nothing else needs.
    ///
    /// Of a version that is lost the audit log says then that it is removed.
    ///
    /// - Parameters:
    ///   - reference: A version, also one that cannot be read, or a bare name for the whole model.
    ///   - isAll: Whether a bare name may stand for several versions.
    ///   - isForced: Whether pinned versions may go, and the active version while others stay or it is named by its number.
    ///   - wait: How long to wait for another writer.
    /// - Returns: What is gone.
    /// - Throws: `StoreError`: `modelNotFound`, `versionNotFound`, `severalVersions`, `activeVersion`, `pinned`, `ambiguous`;
    ///   `FileError`.
    package func remove(
        _ reference: ModelReference, all isAll: Bool = false, forced isForced: Bool = false, wait: Duration = .zero
    ) throws -> RemovalResult {
        guard try home.reading() != nil else { throw Resolver(names: []).unknown(reference.name) }
        let writing = try WritingHome(home, context: context, purpose: "remove", waiting: wait, freeing: true)
        do {
            return try remove(reference, all: isAll, forced: isForced, from: writing)
        } catch let error as StoreError where [.modelNotFound, .versionNotFound, .damaged].contains(error.code) {
            guard let lost = try LossRemoval(writing: writing).run(reference, all: isAll) else { throw error }
            return lost
        }
    }

    private func remove(
        _ reference: ModelReference, all isAll: Bool, forced isForced: Bool, from writing: WritingHome
    ) throws -> RemovalResult {
        let name = try writing.catalog.fullName(of: reference.name)
        let reading = try writing.catalog.versions(of: name)
        guard let model = try ModelFolder(name, in: writing.models) else { throw Resolver(names: []).unknown(name) }
        guard reference.version != nil else {
            let folders = try model.versionFolders()
            if folders.isEmpty, let lost = try LossRemoval(writing: writing).run(reference, all: isAll) { return lost }
            guard folders.count <= 1 || isAll else {
                throw StoreError(
                    .severalVersions, "\(name) has \(folders.count) versions",
                    hint: "Name one, or use --all to remove them all.")
            }
            if !isForced { try Self.checkPins(folders, of: model) }
            return try Removal(writing: writing, model: model, versions: reading.versions, folders: folders).run()
        }
        let (folder, version) = try Self.folder(of: reference, among: reading, of: model)
        guard model.traces().active != folder || isForced else {
            throw StoreError(
                .activeVersion, "\(name):\(version?.version.description ?? folder) is the active version of \(name)",
                hint: "Use --force to remove it all the same.")
        }
        if !isForced { try Self.checkPins([folder], of: model) }
        return try Removal(
            writing: writing, model: model, versions: [version].compactMap(\.self), folders: [folder]
        ).run()
    }

    /// The folder that a reference stands for: of a version that can be read, else of the only other one of that name.
    ///
    /// - Throws: As `version(of:among:)`.
    private static func folder(
        of reference: ModelReference, among reading: Catalog.Reading, of model: ModelFolder
    ) throws -> (name: String, version: StoredVersion?) {
        do {
            let version = try version(of: reference, among: reading)
            return (version.folderName, version)
        } catch {
            let digits = (reference.identityPrefix ?? "").prefix(StoreLayout.identityDigits)
            let start = (reference.version?.description ?? "") + "~" + digits
            let read = Set(reading.versions.map(\.folderName))
            let others = try model.versionFolders().filter { $0.hasPrefix(start) && !read.contains($0) }
            guard others.count == 1, let other = others.first else { throw error }
            return (other, nil)
        }
    }

    /// Changes something that another part of the program keeps in the home, between an intent and an outcome line.
    ///
    /// - Parameters:
    ///   - event: What the two lines say.
    ///   - wait: How long to wait for another writer.
    ///   - body: Makes the change; what it throws is told in the outcome line.
    /// - Returns: What `body` returns.
    /// - Throws: `FileError`, `StoreError`, and what `body` throws.
    package func change<Value>(
        _ event: AuditEvent, wait: Duration = .zero, _ body: (StoreChange) throws -> Value
    ) throws -> Value {
        try change(wait: wait, purpose: event.operation, describing: { _ in event }, body: body)
    }

    /// Changes something, and says in the audit log what is found out under the lock.
    ///
    /// - Parameters:
    ///   - wait: How long to wait for another writer.
    ///   - purpose: What others that wait are told.
    ///   - describe: Makes what the two lines say; changes nothing.
    ///   - body: Makes the change; what it throws is told in the outcome line.
    /// - Returns: What `body` returns.
    /// - Throws: `FileError`, `StoreError`, and what `describe` and `body` throw.
    package func change<Value>(
        wait: Duration, purpose: String, describing describe: (StoreChange) throws -> AuditEvent,
        body: (StoreChange) throws -> Value
    ) throws -> Value {
        let writing = try WritingHome(home, context: context, purpose: purpose, waiting: wait)
        let change = StoreChange(writing: writing)
        let event = try describe(change)
        let intent = try writing.audit.intent(event)
        let value: Value
        do {
            value = try body(change)
        } catch {
            let refusal = ImportRefusal(error)
            try writing.audit.outcome(event, refusal.result, error: refusal.identifier, of: intent)
            throw error
        }
        try writing.audit.outcome(event, .done, of: intent)
        return value
    }

    /// Writes down that something was refused before the store was asked, a damaged package for example.
    ///
    /// - Returns: The line; `nil` where there is no store, which is not made for this.
    /// - Throws: `FileError`, `StoreError`.
    @discardableResult
    package func recordRefusal(_ event: AuditEvent, error: any Error, wait: Duration = .zero) throws -> AuditHead? {
        guard try home.reading() != nil else { return nil }
        let writing = try WritingHome(home, context: context, purpose: event.operation, waiting: wait)
        let refusal = ImportRefusal(error)
        return try writing.audit.outcome(event, refusal.result, error: refusal.identifier)
    }
}

/// The home while another part of the program changes what it keeps there; the lock is held.
package struct StoreChange {
    let writing: WritingHome

    /// A folder of the home, made where there is none.
    ///
    /// - Throws: `FileError`, code `unsafeOwnership`, where it is a link or others could write to it.
    package func folder(making name: String) throws -> Folder {
        try writing.home.folder(making: name, in: writing.root)
    }

    /// The home itself.
    package var root: Folder { writing.root }

    /// Whether signatures have been required once and stay required until that is lifted.
    package var isSignatureLatched: Bool { writing.identity.isSignatureLatched }

    /// Requires signatures from now on, or lifts that.
    ///
    /// - Throws: `FileError`.
    package func setSignatureLatch(_ isLatched: Bool) throws {
        try writing.setSignatureLatch(isLatched)
    }
}
