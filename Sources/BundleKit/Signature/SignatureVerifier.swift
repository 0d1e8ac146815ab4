// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// Verifies detached OpenPGP signatures against an explicit list of keys.
package enum SignatureVerifier {
    /// How far a signer's clock may be ahead of this host's, in seconds.
    static let clockTolerance: Int64 = 600

    /// Verifies every signature of a file alone.
    ///
    /// gpg runs only where a signature names a key of the list, in a home of its own, without agent and network.
    ///
    /// - Parameters:
    ///   - signature: The content of `checksums.txt.asc`; `nil` where there is none.
    ///   - checksums: The signed bytes.
    ///   - keys: The keys that are trusted here, for whatever purpose.
    ///   - kind: The manifest's `kind`, which says what purpose a signer's key needs.
    ///   - now: This host's time.
    /// - Returns: The verdicts; a malformed file is one, not an error.
    /// - Throws: `BundleError`, code `openPGPUnavailable` or `library`; `FileError` where gpg's home cannot be made;
    ///   `CancellationError`.
    package static func verify(
        signature: [UInt8]?, over checksums: [UInt8], keys: [TrustedKey], kind: String, now: Timestamp
    ) throws -> SignatureReport {
        try verify(signature: signature, over: .bytes(checksums), keys: keys, kind: kind, now: now)
    }

    /// The same for a document that may be a file.
    static func verify(
        signature: [UInt8]?, over document: SignedDocument, keys: [TrustedKey], kind: String, now: Timestamp
    ) throws -> SignatureReport {
        guard let signature else { return SignatureReport(signers: []) }
        let packets: [SignaturePacket]
        do throws(BundleError) {
            packets = try SignatureFile(reading: signature).packets
        } catch {
            return SignatureReport(fault: error)
        }
        let named = keys.filter { key in packets.contains { claimed($0, by: key) != nil } }
        guard !named.isEmpty else { return SignatureReport(signers: packets.map { unknown($0) }) }
        let ring = try GPGPrivateRing(named.map(\.block))
        let listed = try ring.context.keys()
        var signers: [SignatureReport.Signer] = []
        for packet in packets {
            try Task.checkCancellation()
            guard named.contains(where: { claimed(packet, by: $0) != nil }) else {
                signers.append(unknown(packet))
                continue
            }
            let verification = try ring.context.verify(packet.raw, over: document)
            let signingKey = verification.signingKey.flatMap { $0.count == 40 ? $0 : nil }
            let maker = named.first { key in
                if let signingKey { return key.block.fingerprints.contains(signingKey) }
                return claimed(packet, by: key) != nil
            }
            guard let maker, let info = listed.first(where: { $0.fingerprint == maker.fingerprint }) else {
                signers.append(unknown(packet))
                continue
            }
            let made = SignatureJudgement(
                packet: packet, verification: verification, maker: maker, info: info,
                signingKey: signingKey ?? claimed(packet, by: maker) ?? maker.fingerprint)
            signers.append(made.signer(for: KeyPurpose(manifestKind: kind), at: now))
        }
        return SignatureReport(signers: signers)
    }

    private static func claimed(_ packet: SignaturePacket, by key: TrustedKey) -> String? {
        key.block.fingerprints.first { packet.names($0) }
    }

    private static func unknown(_ packet: SignaturePacket) -> SignatureReport.Signer {
        SignatureReport.Signer(
            fingerprint: nil, signingKey: packet.issuer, userID: nil, createdAt: packet.createdAt, keyExpires: nil,
            digest: packet.digest?.name, status: .unknownKey, trusted: false, hasPurpose: false, madeWhileValid: nil,
            reason: nil)
    }
}
