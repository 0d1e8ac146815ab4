// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// The keys that are trusted on this host: `keys.json` and `keys/<FINGERPRINT>.asc` in the folder `trust` of a home.
///
/// Whoever changes it holds the store's lock. `keys.json` says what must be there, so a damaged or missing key is
/// found and never counts as a key that was not added.
package struct TrustStore: Sendable {
    static let recordsName = "keys.json"
    static let keysName = "keys"
    let folder: Folder
    private let mustHaveRecords: Bool

    /// Takes the folder `trust`.
    ///
    /// - Parameters:
    ///   - folder: The folder.
    ///   - isLatched: Whether the store knows from elsewhere that a key was added; an empty folder is damage then.
    package init(folder: Folder, isLatched: Bool = false) {
        self.folder = folder
        mustHaveRecords = isLatched
    }

    /// Whether a key was ever added, so that signatures are required from then on.
    ///
    /// - Throws: `BundleError`, code `trustUnreadable`.
    package func isLatched() throws(BundleError) -> Bool { try records().isLatched }

    /// All trusted keys, by fingerprint.
    ///
    /// - Throws: `BundleError`, code `trustUnreadable`, when `keys.json` or one of the keys it lists is missing, cannot
    ///   be read or is not what it should be.
    package func list() throws(BundleError) -> [TrustedKey] {
        while true {
            let records = try records()
            do throws(BundleError) {
                return try keys(of: records)
            } catch {
                // A key may have been removed just now.
                guard try self.records() != records else { throw error }
            }
        }
    }

    private func keys(of records: TrustRecords) throws(BundleError) -> [TrustedKey] {
        guard !records.records.isEmpty else { return [] }
        let keys: Folder
        do throws(FileError) {
            keys = try folder.folder(Self.keysName)
        } catch {
            throw unreadable("\(Self.keysName): \(error.message)", cause: error)
        }
        var trusted: [TrustedKey] = []
        for record in records.records {
            trusted.append(
                TrustedKey(
                    block: try block(of: record.fingerprint, in: keys), userIDs: record.userIDs,
                    purposes: record.purposes, addedAt: record.addedAt, addedBy: record.addedBy,
                    isManaged: record.isManaged))
        }
        return trusted
    }

    /// One trusted key.
    ///
    /// - Parameter name: A fingerprint, at least its last 8 digits, or an e-mail address of its user IDs.
    /// - Returns: The only key that fits.
    /// - Throws: `BundleError`, code `keyNotFound`, `keyAmbiguous`, `invalidRequest` or `trustUnreadable`.
    package func key(named name: String) throws(BundleError) -> TrustedKey {
        let selector = try KeySelector(name)
        let fitting = try list().filter {
            selector.matches(fingerprints: $0.block.fingerprints, addresses: $0.addresses)
        }
        return try selector.only(
            of: fitting, "trusted here", hint: "baigo trust list shows the trusted keys.", fingerprint: \.fingerprint)
    }

    /// One trusted key with what GnuPG says of it.
    ///
    /// - Throws: As `key(named:)` and `inspect`.
    package func show(_ name: String) throws -> (key: TrustedKey, info: KeyInfo) {
        let key = try key(named: name)
        return (key, try Self.inspect(key.block))
    }

    /// Trusts a key, or refreshes one that is trusted: what is new of it is added, revocations stay, and purposes add
    /// up.
    ///
    /// - Parameters:
    ///   - bytes: One public key, armored or not, at most 1 MiB.
    ///   - purposes: What it may sign; at least one.
    ///   - expectedFingerprint: The fingerprint that somebody vouches for; blanks and case do not matter.
    ///   - user: Who decides.
    ///   - now: When.
    /// - Returns: The key as it is trusted now, what GnuPG says of it, and whether it was trusted before.
    /// - Throws: `BundleError`, code `keyMalformed`, `keyFingerprint`, `keyUnusable` for a key that cannot sign,
    ///   `trustUnreadable`, `openPGPUnavailable`; `FileError` when it cannot be written.
    package func add(
        _ bytes: [UInt8], purposes: Set<KeyPurpose>, expectedFingerprint: String?, by user: String, at now: Timestamp
    ) throws -> (key: TrustedKey, info: KeyInfo, wasKnown: Bool) {
        let offered = try PublicKeyBlock(reading: bytes)
        if let expectedFingerprint, KeySelector.fingerprint(expectedFingerprint) != offered.fingerprint {
            throw BundleError(
                .keyFingerprint,
                "the key's fingerprint is \(offered.fingerprint), not \(expectedFingerprint.escapedForOneLine)",
                hint: "Do not trust this key; ask its owner for the right one.")
        }
        var records = try records()
        let known = try list().first { $0.fingerprint == offered.fingerprint }
        let (info, block) = try Self.merged(offered, with: known?.block)
        guard info.canSign else {
            throw BundleError(
                .keyUnusable, "the key \(info.fingerprint) is not meant for signatures",
                hint: "Ask the owner for the key that signs the packages.")
        }
        let key = TrustedKey(
            block: block, userIDs: info.userIDs,
            purposes: purposes.union(known?.purposes ?? []), addedAt: known?.addedAt ?? now,
            addedBy: known?.addedBy ?? user)
        // The records come first, so that a folder of keys without them is always damage.
        if try isUntouched() { try folder.publish(records.bytes, as: Self.recordsName, mode: 0o644) }
        let hasKeys = try folder.status(of: Self.keysName) != nil
        let keys = try folder.folder(making: Self.keysName)
        if !hasKeys { try folder.sync() }
        try keys.publish(key.armored, as: key.fingerprint + ".asc", mode: 0o644)
        records.put(TrustRecords.Record(key))
        try folder.publish(records.bytes, as: Self.recordsName, mode: 0o644)
        return (key, info, known != nil)
    }

    /// Trusts a key no longer; the store stays latched.
    ///
    /// - Returns: The key that was trusted.
    /// - Throws: As `key(named:)`; `FileError` when it cannot be written.
    package func remove(_ name: String) throws -> TrustedKey {
        let key = try key(named: name)
        var records = try records()
        records.records.removeAll { $0.fingerprint == key.fingerprint }
        try folder.publish(records.bytes, as: Self.recordsName, mode: 0o644)
        let keys = try folder.folder(Self.keysName)
        try keys.removeFile(key.fingerprint + ".asc")
        try keys.sync()
        return key
    }

    /// Shows what a key file holds before anybody trusts it.
    ///
    /// - Throws: `BundleError`, code `keyMalformed` or `openPGPUnavailable`; `FileError`.
    package static func inspect(_ bytes: [UInt8]) throws -> KeyInfo {
        try inspect(try PublicKeyBlock(reading: bytes))
    }

    private static func inspect(_ block: PublicKeyBlock) throws -> KeyInfo {
        try merged(block, with: nil).info
    }

    /// Lets gpg put a key and its stored copy together and leave out what the key did not sign itself.
    static func merged(
        _ offered: PublicKeyBlock, with stored: PublicKeyBlock?
    ) throws -> (info: KeyInfo, block: PublicKeyBlock) {
        let ring = try GPGPrivateRing(stored.map { [$0] } ?? [])
        try ring.importKey(offered)
        let keys = try ring.context.keys()
        guard keys.count == 1, let info = keys.first, info.fingerprint == offered.fingerprint, !info.userIDs.isEmpty
        else {
            throw BundleError(
                .keyMalformed, "the key \(offered.fingerprint) has no user ID that it signed itself",
                hint: "Ask its owner for a complete copy.")
        }
        return (info, try ring.context.publicKey(info.fingerprint))
    }

    private func block(of fingerprint: String, in keys: Folder) throws(BundleError) -> PublicKeyBlock {
        let name = fingerprint + ".asc"
        let block: PublicKeyBlock
        do {
            block = try PublicKeyBlock(reading: keys.bytes(of: name, limit: PublicKeyBlock.byteLimit))
        } catch {
            let reason = (error as? any PresentableError)?.message ?? "\(error)"
            throw unreadable("\(Self.keysName)/\(name): \(reason)", cause: error)
        }
        guard block.fingerprint == fingerprint else {
            throw unreadable("\(Self.keysName)/\(name) holds the key \(block.fingerprint)", cause: nil)
        }
        return block
    }

    private func isUntouched() throws(FileError) -> Bool {
        guard try folder.status(of: Self.recordsName) == nil, try !isUpdateOpen() else { return false }
        return try folder.status(of: Self.keysName) == nil
    }

    func records() throws(BundleError) -> TrustRecords {
        let bytes: [UInt8]
        do throws(FileError) {
            let isUntouched = try isUntouched()
            guard mustHaveRecords || !isUntouched else { return .empty }
            bytes = try folder.bytes(of: Self.recordsName)
        } catch {
            throw unreadable(error.message, cause: error)
        }
        do throws(TrustRecords.Fault) {
            return try TrustRecords(reading: bytes)
        } catch {
            throw unreadable("\(Self.recordsName): \(error.reason)", cause: error)
        }
    }

    func unreadable(_ reason: String, cause: (any Error)?) -> BundleError {
        BundleError(
            .trustUnreadable, "the trusted keys in \(folder.path.escapedForTerminal) cannot be read: \(reason)",
            hint: "Restore this folder from a backup; until then nothing is verified.", cause: cause)
    }
}

extension TrustedKey {
    /// The e-mail addresses in its user IDs, lower case.
    fileprivate var addresses: [String] {
        userIDs.compactMap { userID in
            guard let open = userID.lastIndex(of: "<"), userID.last == ">" else {
                return userID.contains("@") ? userID.lowercased() : nil
            }
            return userID[userID.index(after: open)...].dropLast().lowercased()
        }
    }
}
