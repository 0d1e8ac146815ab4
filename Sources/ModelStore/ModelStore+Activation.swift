// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit

/// What changing the active version did.
package struct ActivationResult: Sendable {
    /// The version that is active now.
    package let active: StoredVersion
    /// The one that was active before; `nil` where none was.
    package let previous: StoredVersion?
    /// Whether anything changed.
    package let isChanged: Bool
    package let warnings: [Warning]
}

extension ModelStore {
    /// Makes a version the one that the bare name stands for.
    ///
    /// - Parameters:
    ///   - reference: The version.
    ///   - isChecking: Whether its files are looked at by size first.
    ///   - wait: How long to wait for another writer.
    /// - Returns: What changed; nothing for the version that is active already.
    /// - Throws: `StoreError`: `modelNotFound`, `versionNotFound`, `ambiguous`, `damaged` for a version whose files are
    ///   not whole; `FileError`.
    package func activate(
        _ reference: ModelReference, checkingSizes isChecking: Bool = true, wait: Duration = .zero
    ) throws -> ActivationResult {
        try changeActive(of: reference, .activate, wait, checkingSizes: isChecking) { versions, _ in
            try Self.version(of: reference, among: versions)
        }
    }

    /// Goes back to the version that was active before, past those that are removed or damaged.
    ///
    /// - Throws: `StoreError`: `modelNotFound`, `nothingOlder`; `FileError`.
    package func rollback(_ reference: ModelReference, wait: Duration = .zero) throws -> ActivationResult {
        try changeActive(of: reference, .rollback, wait) { reading, trail in
            let active = reading.versions.first(where: \.isActive)
            for entry in trail.before(active?.folderName) where entry.folderName != active?.folderName {
                guard let version = reading.versions.first(where: { $0.folderName == entry.folderName }) else {
                    continue
                }
                if (try? self.resolve(version.exactReference)) != nil { return version }
            }
            throw StoreError(
                .nothingOlder, "no older version of \(reference.name) was active that is still whole",
                hint: "See baigo history and baigo list; baigo activate takes any version.")
        }
    }

    /// Which versions of a model were active, the oldest first.
    ///
    /// - Throws: `StoreError`, code `modelNotFound`, `ambiguous` or `damaged`; `FileError`.
    package func history(of reference: ModelReference) throws -> [ActivationEntry] {
        guard let (root, _) = try home.reading(), let models = try home.folder(StoreLayout.models, in: root) else {
            throw Resolver(names: []).unknown(reference.name)
        }
        let name = try Catalog(models: models, root: root).fullName(of: reference.name)
        return try ModelFolder(name, in: models)?.history().compactMap(ActivationEntry.init) ?? []
    }

    private func changeActive(
        of reference: ModelReference, _ action: ActivationEntry.Action, _ wait: Duration,
        checkingSizes isChecking: Bool = true, to choose: (Catalog.Reading, ActivationTrail) throws -> StoredVersion
    ) throws -> ActivationResult {
        guard try home.reading() != nil else { throw Resolver(names: []).unknown(reference.name) }
        let writing = try WritingHome(home, context: context, purpose: action.rawValue, waiting: wait)
        let name = try writing.catalog.fullName(of: reference.name)
        let reading = try writing.catalog.versions(of: name)
        guard let model = try ModelFolder(name, in: writing.models) else { throw Resolver(names: []).unknown(name) }
        let trail = ActivationTrail(try model.history().compactMap(ActivationEntry.init))
        let chosen = try choose(reading, trail)
        let previous = reading.versions.first(where: \.isActive)
        guard chosen != previous else {
            return ActivationResult(active: chosen, previous: previous, isChanged: false, warnings: [])
        }
        let package = try writing.catalog.package(of: chosen, home: home)
        if isChecking { try package.checkSizes() }
        try model.checkActivation()
        let event = AuditEvent(
            action.rawValue, model: chosen.reference.description, identity: chosen.identity,
            details: ["previous": .text(previous?.exactReference.description)])
        let intent = try writing.audit.intent(event)
        do {
            try model.activate(
                chosen.version, chosen.identity, as: action, audit: intent, at: context.clock(), context: context)
        } catch {
            // What cannot be taken back now, the next writer takes back.
            _ = try? model.retractActivation(announcedBy: intent.sequence, of: chosen.folderName)
            throw error
        }
        var warnings: [Warning] = []
        if let fault = writing.publishIndex(changed: [name]) { warnings.append(fault.asWarning) }
        try writing.audit.outcome(event, .done, of: intent)
        var active = chosen
        active.isActive = true
        return ActivationResult(active: active, previous: previous, isChanged: true, warnings: warnings)
    }
}
