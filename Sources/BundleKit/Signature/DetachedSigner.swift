// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// A key of the user that can make signatures, in the GnuPG home where it was found.
package struct SigningKey: Sendable {
    /// What GnuPG says of it.
    package let info: KeyInfo
    let home: String?

    /// The primary key's fingerprint, 40 upper-case hexadecimal digits.
    package var fingerprint: String { info.fingerprint }

    /// Finds the one key that is meant and can sign now.
    ///
    /// - Parameters:
    ///   - name: A fingerprint, at least its last 8 digits, or an e-mail address.
    ///   - gnupgHome: The GnuPG home; `nil` for the one that gpg itself takes.
    ///   - now: The time at which it must be usable.
    /// - Returns: The key.
    /// - Throws: `BundleError`, code `keyNotFound`; `keyAmbiguous` where several usable keys fit; `keyUnusable` where
    ///   only revoked or expired ones do, or ones without a secret signing part; `invalidRequest`, `openPGPUnavailable`.
    package static func find(
        _ name: String, gnupgHome: String?, now: Timestamp = .now
    ) throws(BundleError) -> SigningKey {
        let selector = try KeySelector(name)
        let context = try GPGContext(home: gnupgHome)
        let fitting = try context.keys(secretOnly: true)
            .filter { selector.matches(fingerprints: $0.keys.map(\.fingerprint), addresses: $0.addresses) }
        let usable = fitting.filter { $0.canMakeSignatures(at: now) }
        if usable.isEmpty, let first = fitting.first {
            throw BundleError(
                .keyUnusable, "the key \(first.fingerprint) cannot sign: \(first.obstacle(at: now))",
                hint: "Renew the key (gpg --quick-set-expire) or use another one.")
        }
        let info = try selector.only(
            of: usable, "with a secret part",
            hint: "gpg --list-secret-keys shows what can sign; GNUPGHOME says where gpg looks.",
            fingerprint: \.fingerprint)
        return SigningKey(info: info, home: gnupgHome)
    }
}

/// A signature that was just made.
package struct DetachedSignature: Sendable {
    /// One armored block with one signature.
    package let armored: [UInt8]
    /// The key that made it.
    package let key: KeyInfo
    /// The primary key's fingerprint, 40 upper-case hexadecimal digits.
    package var fingerprint: String { key.fingerprint }
}

/// Makes detached OpenPGP signatures in the user's own GnuPG home, through the user's own agent.
package enum DetachedSigner {
    /// Signs bytes as a binary document.
    ///
    /// - Parameters:
    ///   - bytes: What is signed.
    ///   - key: A fingerprint, at least its last 8 digits, or an e-mail address.
    ///   - gnupgHome: The GnuPG home; `nil` for the one that gpg itself takes.
    /// - Returns: The signature.
    /// - Throws: As `SigningKey.find` and `sign(_:with:)`.
    package static func sign(_ bytes: [UInt8], key: String, gnupgHome: String?) throws(BundleError) -> DetachedSignature
    {
        try sign(bytes, with: try SigningKey.find(key, gnupgHome: gnupgHome))
    }

    /// Signs bytes as a binary document.
    ///
    /// - Throws: `BundleError`, code `signingFailed`, with gpg's reason, or where the user's gpg.conf makes gpg use a
    ///   weak digest or another kind of signature.
    package static func sign(_ bytes: [UInt8], with key: SigningKey) throws(BundleError) -> DetachedSignature {
        let written = try GPGContext(home: key.home).sign(bytes, with: key.fingerprint)
        var file = try SignatureFile(reading: written)
        let own = file.packets.filter { $0.isMade(by: key.info) }
        guard own.count == 1, let packet = own.first, packet.type == 0, let digest = packet.digest, !digest.isWeak
        else {
            throw BundleError(
                .signingFailed, "GnuPG made a signature with \(key.fingerprint) that nobody should accept",
                hint: "Look for digest-algo, textmode or the like in your gpg.conf; SHA-256 or better is needed.")
        }
        file.keep { $0.isMade(by: key.info) }
        return DetachedSignature(armored: file.armored, key: key.info)
    }

    /// Adds a signature to a signature file, in place of an earlier one by the same key; the others stay as they are.
    ///
    /// - Parameters:
    ///   - existing: The file so far, if there is one.
    ///   - new: The signature to add.
    /// - Returns: The new file: all signatures in one armored block, which gpg and other programs verify whole.
    /// - Throws: `BundleError`, code `signatureMalformed`, for a file that cannot be read or would hold too many.
    package static func merging(existing: [UInt8]?, new: DetachedSignature) throws(BundleError) -> [UInt8] {
        guard let existing else { return new.armored }
        var file = try SignatureFile(reading: existing)
        file.keep { !$0.isMade(by: new.key) }
        try file.append(SignatureFile(reading: new.armored))
        return file.armored
    }

    /// Adds those signatures of another file over the same bytes that were made by the given keys.
    ///
    /// - Parameters:
    ///   - existing: The file so far.
    ///   - other: The other file.
    ///   - signingKeys: Fingerprints of the keys and subkeys whose signatures are added.
    /// - Returns: The new file; `nil` where nothing is added.
    /// - Throws: `BundleError`, code `signatureMalformed`, for a file that cannot be read or would hold too many.
    package static func merging(
        existing: [UInt8], adding other: [UInt8], by signingKeys: Set<String>
    ) throws(BundleError) -> [UInt8]? {
        var file = try SignatureFile(reading: existing)
        var new = try SignatureFile(reading: other)
        let known = Set(file.packets.map(\.raw))
        new.keep { packet in !known.contains(packet.raw) && signingKeys.contains(where: packet.names) }
        guard !new.packets.isEmpty else { return nil }
        try file.append(new)
        return file.armored
    }
}

extension SignaturePacket {
    fileprivate func isMade(by key: KeyInfo) -> Bool { key.keys.contains { names($0.fingerprint) } }
}

extension KeyInfo {
    fileprivate func obstacle(at now: Timestamp) -> String {
        if isRevoked { return "it is revoked" }
        if isDisabled { return "it is disabled" }
        if let expiresAt, expiresAt <= now { return "it ended at \(expiresAt)" }
        return "it has no usable signing part with its secret"
    }
}
