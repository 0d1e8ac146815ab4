// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What a trust bundle changes in a store.
package struct TrustUpdate: Sendable {
    /// Fingerprints of keys that are new here.
    package internal(set) var added: [String] = []
    /// Keys that were here and are put together with their newer copies.
    package internal(set) var kept: [String] = []
    /// Keys that came with an earlier bundle and are in this one no more.
    package internal(set) var removed: [String] = []
    /// Keys that are revoked from now on.
    package internal(set) var revoked: [String] = []
    /// Keys whose revocation this bundle brought, now or when it was taken in before: a command that died then may not
    /// have done what the policy asks for.
    package internal(set) var revocations: [String] = []
    /// Whether this very bundle was taken in before, so that nothing changes.
    package internal(set) var isPresent = false
    /// What has to be written, and then applied.
    package internal(set) var journal: [UInt8] = []

    /// Starts with nothing changed.
    package init() {}
}

extension TrustStore {
    /// What an update writes down before it changes anything; while it is there the update counts and is to be
    /// finished.
    package static let journalName = "update.json"
    private static let journalLimit = 64 << 20

    /// The serial number and digest of the bundle that was taken in last.
    ///
    /// - Throws: `BundleError`, code `trustUnreadable`.
    package func lastBundle() throws(BundleError) -> (serial: Int64, identity: SHA256Digest)? {
        try records().bundle.map { ($0.serial, $0.identity) }
    }

    /// Works out what a bundle changes.
    ///
    /// It is the whole set of keys that come from bundles, while keys that were added by hand stay and get its purposes
    /// beside their own. Revocations stay in any case.
    ///
    /// - Parameters:
    ///   - bundle: The bundle, whose signature was judged.
    ///   - user: Who takes it in.
    ///   - now: When.
    /// - Returns: The changes; nothing is written yet.
    /// - Throws: `BundleError`: `trustRollback` for an older bundle or another one of the same number; `trustLockout` for
    ///   one after which no key could sign the next; `keyMalformed`, `keyUnusable`, `trustUnreadable`,
    ///   `openPGPUnavailable`.
    package func plan(_ bundle: TrustBundle, by user: String, at now: Timestamp) throws -> TrustUpdate {
        var update = TrustUpdate()
        var records = try records()
        if let last = records.bundle {
            if last.serial == bundle.serial, last.identity == bundle.identity {
                update.isPresent = true
                update.revocations = try bundle.keys.map { try Self.merged($0.block, with: nil).info }
                    .filter(\.isRevoked).map(\.fingerprint)
                return update
            }
            guard bundle.serial > last.serial else { throw Self.rollback(bundle, last) }
        }
        let known = try list()
        var armored: [String: JSONValue] = [:]
        var hasSuccessor = false
        for entry in bundle.keys {
            let old = known.first { $0.fingerprint == entry.block.fingerprint }
            let (info, block) = try Self.merged(entry.block, with: old?.block)
            guard info.canSign else {
                throw BundleError(
                    .keyUnusable, "the key \(info.fingerprint) is not meant for signatures",
                    hint: "Ask the maker of the bundle for one without it.")
            }
            let isManaged = old?.isManaged ?? true
            let key = TrustedKey(
                block: block, userIDs: info.userIDs,
                purposes: isManaged ? entry.purposes : entry.purposes.union(old?.purposes ?? []),
                addedAt: old?.addedAt ?? now, addedBy: old?.addedBy ?? user, isManaged: isManaged)
            if old == nil { update.added.append(key.fingerprint) } else { update.kept.append(key.fingerprint) }
            if info.isRevoked, try old.map({ try !Self.inspect($0.armored).isRevoked }) ?? true {
                update.revoked.append(key.fingerprint)
            }
            if key.purposes.contains(.trust), info.canMakeTrusted(at: now) { hasSuccessor = true }
            armored[key.fingerprint] = .string(String(decoding: key.armored, as: UTF8.self))
            records.put(TrustRecords.Record(key))
        }
        update.revocations = update.revoked
        let listed = Set(bundle.keys.map(\.block.fingerprint))
        update.removed = known.filter { $0.isManaged && !listed.contains($0.fingerprint) }.map(\.fingerprint)
        records.records.removeAll { update.removed.contains($0.fingerprint) }
        let left = known.filter { !$0.isManaged && !listed.contains($0.fingerprint) && $0.purposes.contains(.trust) }
        guard try hasSuccessor || left.contains(where: { try Self.inspect($0.armored).canMakeTrusted(at: now) }) else {
            throw BundleError(
                .trustLockout,
                "after the trust bundle of serial number \(bundle.serial) no key could sign the next one",
                hint: "Ask its maker for one that holds a key for trust, neither revoked nor expired.")
        }
        records.isLatched = records.isLatched || !records.records.isEmpty
        records.bundle = TrustRecords.Bundle(serial: bundle.serial, identity: bundle.identity)
        let journal: JSONValue = [
            "keys": .object(armored), "policy": .text(bundle.policy.map { String(decoding: $0, as: UTF8.self) }),
            "records": .string(String(decoding: records.bytes, as: UTF8.self)),
            "removed": .array(update.removed.map(JSONValue.string)), "schemaVersion": 1,
        ]
        update.journal = journal.prettyBytes
        return update
    }

    private static func rollback(_ bundle: TrustBundle, _ last: TrustRecords.Bundle) -> BundleError {
        guard bundle.serial == last.serial else {
            return BundleError(
                .trustRollback, "the trust bundle has serial number \(bundle.serial), and \(last.serial) was taken in",
                hint: "Use the newest bundle; nothing goes back to an older one.")
        }
        return BundleError(
            .trustRollback, "another trust bundle of serial number \(last.serial) was taken in",
            hint: "Ask its maker which one is right, and for one with a greater number.")
    }

    /// Writes an update down; from here on it counts.
    ///
    /// - Throws: `FileError`.
    package func begin(_ update: TrustUpdate) throws(FileError) {
        try folder.publish(update.journal, as: Self.journalName, mode: 0o644)
    }

    /// Whether an update was written down and not finished.
    ///
    /// - Throws: `FileError`.
    package func isUpdateOpen() throws(FileError) -> Bool { try folder.status(of: Self.journalName) != nil }

    /// Looks whether an update that was written down, if there is one, can be finished.
    ///
    /// - Throws: `BundleError`, code `trustUnreadable`; `FileError`.
    package func checkUpdate() throws { _ = try journal() }

    /// What an update wrote down.
    private struct Journal {
        let keys: [(fingerprint: String, armored: String)]
        let records: String
        let removed: [String]
        let policy: String?
    }

    private func journal() throws -> Journal? {
        guard try isUpdateOpen() else { return nil }
        let json: JSONValue
        do {
            json = try JSONValue(strict: try folder.bytes(of: Self.journalName, limit: Self.journalLimit))
        } catch let error as JSONError {
            throw unreadable("\(Self.journalName): \(error.reason)", cause: error)
        }
        guard let keys = json["keys"]?.object, let records = json["records"]?.string,
            let removed = json["removed"]?.array?.compactMap(\.string)
        else { throw unreadable("\(Self.journalName) is incomplete", cause: nil) }
        let armored = try keys.sorted { $0.key < $1.key }.map { fingerprint, armored in
            guard KeySelector.fingerprint(fingerprint) == fingerprint, let text = armored.string else {
                throw unreadable("\(Self.journalName) names a key that is none", cause: nil)
            }
            return (fingerprint, text)
        }
        return Journal(keys: armored, records: records, removed: removed, policy: json["policy"]?.string)
    }

    /// Finishes an update that was written down; as often as needed.
    ///
    /// - Parameter installPolicy: Puts the policy in place.
    /// - Throws: `BundleError`, code `trustUnreadable`, for a journal that cannot be read; `FileError`; what
    ///   `installPolicy` throws.
    package func finishUpdate(installPolicy: ([UInt8]) throws -> Void) throws {
        guard let journal = try journal() else { return }
        let place = try folder.folder(making: Self.keysName)
        for (fingerprint, armored) in journal.keys {
            try place.publish(Array(armored.utf8), as: fingerprint + ".asc", mode: 0o644)
        }
        if let policy = journal.policy { try installPolicy(Array(policy.utf8)) }
        try folder.publish(Array(journal.records.utf8), as: Self.recordsName, mode: 0o644)
        for fingerprint in journal.removed where KeySelector.fingerprint(fingerprint) == fingerprint {
            if try place.status(of: fingerprint + ".asc") != nil { try place.removeFile(fingerprint + ".asc") }
        }
        try place.sync()
        try folder.removeFile(Self.journalName)
        try folder.sync()
    }
}
