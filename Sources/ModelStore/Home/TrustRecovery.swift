// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import BundleKit

extension WritingHome {
    /// Finishes an update of keys and policy that was written down and not carried out to its end.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: `BundleError`, code `trustUnreadable`; `PolicyError`; `FileError`.
    func settleTrust() throws -> Bool {
        guard let folder = try home.folder(StoreLayout.trust, in: root) else { return false }
        let ring = TrustStore(folder: folder, isLatched: identity.isSignatureLatched)
        guard try ring.isUpdateOpen() else { return false }
        try ring.finishUpdate { policy in try StoreChange(writing: self).installPolicy(policy) }
        try setSignatureLatch(identity.isSignatureLatched || ring.isLatched())
        return true
    }

    /// How an update of keys and policy ended whose command died.
    func settleTrustUpdate(_ open: AuditLine, isFinished: Bool) throws -> AuditLine.Result {
        if isFinished { return .recovered }
        guard let folder = try home.folder(StoreLayout.trust, in: root) else { return .undone }
        let ring = TrustStore(folder: folder, isLatched: identity.isSignatureLatched)
        return try ring.lastBundle()?.serial == open.event.details["serial"]?.integer ? .recovered : .undone
    }
}

extension ModelStore {
    /// Finishes an update of keys and policy whose command died, so that nobody sees a part of it.
    ///
    /// - Throws: `FileError` where it is needed and the store cannot be written now; what stands against it.
    package func settleTrust() throws {
        guard let (root, identity) = try home.reading(), let folder = try home.folder(StoreLayout.trust, in: root),
            try TrustStore(folder: folder, isLatched: identity.isSignatureLatched).isUpdateOpen()
        else { return }
        _ = try WritingHome(home, context: context, purpose: "trust.update", waiting: .seconds(10))
    }

    /// Takes a trust bundle in: keys, revocations and policy in one step, with its lines in the audit log.
    ///
    /// - Parameters:
    ///   - bundle: The bundle; its signature is judged here by the keys that are trusted for `trust`.
    ///   - wait: How long to wait for another writer.
    /// - Returns: What changed.
    /// - Throws: `BundleError`: the codes of signatures, `trustRollback`, `keyNotFound` without any trusted key and what
    ///   `TrustStore.plan` throws; `PolicyError`, code `malformed`; `FileError`, `StoreError`.
    package func updateTrust(_ bundle: TrustBundle, wait: Duration) throws -> TrustUpdate {
        var update = TrustUpdate()
        if let policy = bundle.policy { _ = try PolicyDocument(reading: policy) }
        return try change(wait: wait, purpose: "trust.update") { change in
            let ring = TrustStore(
                folder: try change.folder(making: StoreLayout.trust), isLatched: change.isSignatureLatched)
            let report = try bundle.authorize(by: try ring.list(), now: context.clock())
            update = try ring.plan(bundle, by: context.user, at: context.clock())
            return AuditEvent(
                "trust.update", identity: bundle.identity,
                details: [
                    "serial": .integer(bundle.serial), "added": .array(update.added.map(JSONValue.string)),
                    "removed": .array(update.removed.map(JSONValue.string)),
                    "revoked": .array(update.revoked.map(JSONValue.string)),
                    "policy": .text(try bundle.policy.map { try SHA256Digest(of: $0).description }),
                    "signers": .array(report.signers.compactMap(\.fingerprint).map(JSONValue.string)),
                ])
        } body: { change in
            guard !update.isPresent else { return update }
            let ring = TrustStore(
                folder: try change.folder(making: StoreLayout.trust), isLatched: change.isSignatureLatched)
            try ring.begin(update)
            _ = try change.writing.settleTrust()
            return update
        }
    }

    /// Makes no version of a model the active one.
    ///
    /// - Parameters:
    ///   - version: The active version.
    ///   - details: Why, for the audit log.
    /// - Throws: `FileError`, `StoreError`.
    package func deactivate(_ version: StoredVersion, details: [String: JSONValue]) throws {
        let writing = try WritingHome(home, context: context, purpose: "deactivate", waiting: .seconds(10))
        guard let model = try ModelFolder(version.name, in: writing.models),
            try model.activeFolder() == version.folderName
        else { return }
        let event = AuditEvent(
            "deactivate", model: version.reference.description, identity: version.identity, details: details)
        let intent = try writing.audit.intent(event)
        try model.deactivate()
        _ = writing.publishIndex(changed: [version.name])
        try writing.audit.outcome(event, .done, of: intent)
    }
}
