// SPDX-License-Identifier: Apache-2.0

/// A signature that was just made.
package struct DetachedSignature: Sendable {
    /// One armored block with one signature.
    package let armored: [UInt8]
    /// The key that made it.
    package let key: KeyInfo
    /// The primary key's fingerprint, 40 upper-case hexadecimal digits.
    package var fingerprint: String { key.fingerprint }
}

/// Makes detached OpenPGP signatures and puts signatures together.
package enum DetachedSigner {
    /// Signs bytes as a binary document.
    ///
    /// - Throws: `BundleError`: `passphraseNeeded` where nobody could be asked for it or it was wrong; `signingFailed`,
    ///   with gpg's reason, or where the user's gpg.conf makes gpg use a weak digest or another kind of signature;
    ///   `CancellationError`.
    package static func sign(_ bytes: [UInt8], with key: SigningKey) throws -> DetachedSignature {
        var file = try SignatureFile(reading: try key.makeSignature(over: bytes))
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

    /// Adds signatures that were made elsewhere, each in place of earlier ones by the key that it names; of several by
    /// one key the last is taken.
    ///
    /// - Parameters:
    ///   - existing: The file so far, if there is one.
    ///   - attached: The signatures to add.
    /// - Returns: The new file, all in one armored block.
    /// - Throws: `BundleError`, code `signatureMalformed`, for a file that cannot be read or would hold too many.
    package static func merging(existing: [UInt8]?, attached: [UInt8]) throws(BundleError) -> [UInt8] {
        var new = try SignatureFile(reading: attached)
        new.dropSuperseded()
        guard let existing else { return new.armored }
        var file = try SignatureFile(reading: existing)
        let makers = Set(new.packets.flatMap(\.issuers))
        file.keep { makers.isDisjoint(with: $0.issuers) }
        try file.append(new)
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

extension SignatureFile {
    /// Drops signatures behind which another one by the same key stands.
    fileprivate mutating func dropSuperseded() {
        var later = packets[...]
        keep { packet in
            later.removeFirst()
            return !later.contains {
                $0.raw == packet.raw || !Set($0.issuers).isDisjoint(with: packet.issuers)
            }
        }
    }
}

extension SignaturePacket {
    /// The key IDs of the signing key, in whichever form the packet names it.
    fileprivate var issuers: [String] { issuerKeyIDs + issuerFingerprints.map { String($0.suffix(16)) } }

    fileprivate func isMade(by key: KeyInfo) -> Bool { key.keys.contains { names($0.fingerprint) } }
}
