// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// One certificate by which an owner revokes a whole key: claims, until gpg has put it together with that key.
struct RevocationCertificate {
    /// The packet with its header.
    let packet: SignaturePacket

    /// Reads a certificate, armored or not.
    ///
    /// - Throws: `BundleError`, code `keyMalformed`, for anything else.
    ///
    /// Source: RFC 9580, section 5.2.1.11.
    init(reading bytes: [UInt8]) throws(BundleError) {
        guard bytes.count <= PublicKeyBlock.byteLimit else {
            throw Self.malformed("it is larger than \(ByteCount(PublicKeyBlock.byteLimit))")
        }
        let packets: [OpenPGPPacket]
        let first: SignaturePacket
        do throws(Armor.Fault) {
            let isArmored = bytes.first.map { $0 & 0x80 == 0 } ?? true
            let data = isArmored ? try Armor.decode(bytes).flatMap(\.data) : bytes
            packets = try OpenPGPPacket.split(data, limit: 2)
            guard packets.count == 1, let only = packets.first, only.tag == 2 else {
                throw Armor.Fault(reason: "it holds something else than one certificate")
            }
            first = try SignaturePacket(only)
        } catch {
            throw Self.malformed(error.reason)
        }
        guard first.type == 0x20 else { throw Self.malformed("it is another kind of signature") }
        packet = first
    }

    private static func malformed(_ reason: String) -> BundleError {
        BundleError(
            .keyMalformed, "the revocation certificate is malformed: \(reason)",
            hint: "It has to be what `gpg --gen-revoke` writes; from a file in openpgp-revocs.d remove the text and the"
                + " colon before the first dashes.")
    }
}

extension TrustStore {
    /// The trusted key that a revocation certificate claims to revoke.
    ///
    /// - Throws: `BundleError`: `keyMalformed` for no such certificate; `keyNotFound` where the key is not trusted here;
    ///   `trustUnreadable`.
    package func keyRevoked(by certificate: [UInt8]) throws(BundleError) -> TrustedKey {
        let packet = try RevocationCertificate(reading: certificate).packet
        guard let key = try list().first(where: { packet.names($0.fingerprint) }) else {
            throw BundleError(
                .keyNotFound,
                "the certificate revokes \(packet.issuer ?? "a key it does not name"), which is not trusted",
                hint: "baigo trust list shows the trusted keys.")
        }
        return key
    }

    /// Puts a revocation certificate to the key it revokes; the key stays, so that its signatures are told apart.
    ///
    /// - Returns: The key as it is kept now, what GnuPG says of it, and whether it was revoked before.
    /// - Throws: As `keyRevoked(by:)`; `BundleError`, code `keyMalformed`, for a certificate that the key did not sign;
    ///   `openPGPUnavailable`; `FileError` when it cannot be written.
    package func revoke(_ certificate: [UInt8]) throws -> (key: TrustedKey, info: KeyInfo, wasKnown: Bool) {
        let known = try keyRevoked(by: certificate)
        let wasKnown = try Self.merged(known.block, with: nil).info.isRevoked
        let ring = try GPGPrivateRing([known.block])
        _ = try ring.context.importKeys(try RevocationCertificate(reading: certificate).packet.raw)
        guard let info = try ring.context.keys().first, info.fingerprint == known.fingerprint, info.isRevoked else {
            throw BundleError(
                .keyMalformed, "the certificate does not revoke \(known.fingerprint): the key did not make it",
                hint: "Ask the key's owner for the certificate.")
        }
        let key = TrustedKey(
            block: try ring.context.publicKey(info.fingerprint), userIDs: known.userIDs, purposes: known.purposes,
            addedAt: known.addedAt, addedBy: known.addedBy)
        try folder.folder(Self.keysName).publish(key.armored, as: key.fingerprint + ".asc", mode: 0o644)
        return (key, info, wasKnown)
    }
}

extension TrustedKey {
    /// The public key, armored.
    package var armored: [UInt8] { Armor.encode(block.packets, as: .publicKey) }
}
