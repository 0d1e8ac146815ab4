// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Turns what gpg found out about a signature, and what the packet and the key say, into a verdict.
struct SignatureJudgement {
    let packet: SignaturePacket
    let verification: GPGVerification
    let maker: TrustedKey
    let info: KeyInfo
    /// The fingerprint of the key or subkey that made it, or is said to have.
    let signingKey: String

    /// The signer with status and trust.
    ///
    /// - Parameters:
    ///   - purpose: What the key must be trusted for; `nil` where no key can be.
    ///   - now: This host's time.
    /// - Returns: The signer; without name and fingerprint where gpg found no key of theirs.
    func signer(for purpose: KeyPurpose?, at now: Timestamp) -> SignatureReport.Signer {
        let (status, reason) = verdict(at: now)
        let hasPurpose = purpose.map(maker.purposes.contains) ?? false
        let isKnown = status != .unknownKey
        return SignatureReport.Signer(
            fingerprint: isKnown ? maker.fingerprint : nil, signingKey: isKnown ? signingKey : packet.issuer,
            userID: isKnown ? info.userIDs.first ?? maker.userIDs.first : nil, createdAt: packet.createdAt,
            keyExpires: isKnown ? keyExpires : nil, digest: packet.digest?.name, status: status,
            trusted: status == .valid && hasPurpose, hasPurpose: isKnown && hasPurpose,
            madeWhileValid: status == .expiredKey ? wasMadeWhileValid : nil, reason: reason)
    }

    private var signing: KeyInfo.Subkey? { info.keys.first { $0.fingerprint == signingKey } }

    /// When the first of the primary key and the signing subkey ends.
    private var keyExpires: Timestamp? {
        [info.expiresAt, signing?.expiresAt].compactMap(\.self).min()
    }

    private var wasMadeWhileValid: Bool? {
        guard let createdAt = packet.createdAt, let keyExpires else { return nil }
        return createdAt < keyExpires
    }

    private func verdict(at now: Timestamp) -> (SignatureStatus, reason: String?) {
        if case .unknownKey = verification.outcome { return (.unknownKey, nil) }
        guard packet.type == 0 else {
            return (.bad, packet.type == 1 ? "text-mode signature" : "not a signature over a binary file")
        }
        if case .bad = verification.outcome { return (.bad, "the signed list or the signature was changed") }
        if let digest = packet.digest, digest.isWeak { return (.weakDigest, nil) }
        if case .refused(let reason) = verification.outcome { return (.bad, reason) }
        guard let signing, signing.canSign else { return (.bad, "made by a key that may not sign") }
        guard let createdAt = packet.createdAt else { return (.bad, "its time is missing or given twice") }
        return verdict(at: now, createdAt: createdAt, signing: signing)
    }

    private func verdict(
        at now: Timestamp, createdAt: Timestamp, signing: KeyInfo.Subkey
    ) -> (SignatureStatus, reason: String?) {
        guard createdAt >= max(signing.createdAt, info.createdAt) else { return (.bad, "older than its key") }
        if verification.isKeyRevoked || info.isRevoked || signing.isRevoked { return (.revokedKey, nil) }
        if verification.isExpired || packet.expiresAt.map({ $0 <= now }) ?? false { return (.expiredSignature, nil) }
        let latest = Timestamp(secondsSinceEpoch: now.secondsSinceEpoch + SignatureVerifier.clockTolerance)
        guard createdAt <= latest else { return (.notYetValid, nil) }
        if verification.isKeyExpired || keyExpires.map({ $0 <= now }) ?? false { return (.expiredKey, nil) }
        return (.valid, nil)
    }
}
