// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension BundleError {
    /// Why a package with this report is not simply trusted.
    static func refusal(_ report: SignatureReport) -> BundleError {
        let signers = report.decidingSigners
        let by = signers.map(\.shown).joined(separator: ", ")
        let reason = signers.compactMap(\.reason).first.map { ": \($0)" } ?? ""
        switch report.status {
        case .unsigned:
            return BundleError(
                .signatureMissing, "the package is not signed",
                hint: "Ask the sender to sign it: baigo sign FILE --key KEY")
        case .unknownKey:
            return BundleError(
                .signatureUnknownKey, "the package is signed by a key that is not trusted here: \(by)",
                hint: "Compare the key's fingerprint with its owner, then: baigo trust add KEY.asc")
        case .valid:
            return BundleError(
                .signatureWrongPurpose, "the package is signed by a key that is trusted for something else: \(by)",
                hint: "Show the purposes with baigo trust list; add one with baigo trust add KEY.asc --for PURPOSE.")
        case .expiredKey:
            let claims = signers.contains { $0.madeWhileValid != true }
            return BundleError(
                .signatureExpiredKey,
                "the package is signed by a key that has ended since: \(by)"
                    + (claims ? ", and the signature does not claim to be older" : ""),
                hint: "Ask the signer for the renewed key (baigo trust add KEY.asc) or for a new signature.")
        case .notYetValid:
            return BundleError(
                .signatureNotYetValid, "the package is signed in the future, as this host's clock has it: \(by)",
                hint: "Set this host's clock, or ask the signer about theirs.")
        case .expiredSignature:
            return BundleError(
                .signatureExpired, "the signature of the package has ended: \(by)",
                hint: "Ask the signer for a new signature.")
        case .weakDigest:
            let digests = signers.compactMap(\.digest).joined(separator: ", ")
            return BundleError(
                .signatureWeakDigest, "the package is signed with a digest that can be cheated, \(digests): \(by)",
                hint: "Ask the signer for a signature with SHA-256 or better (gpg --digest-algo SHA512).")
        case .revokedKey:
            return BundleError(
                .signatureRevokedKey, "the package is signed by a key that its owner revoked: \(by)",
                hint: "Ask the signer for a new key and a new signature; do not use this package.")
        case .bad:
            return BundleError(
                .signatureBad, "a signature of the package is bad\(reason): \(by)",
                hint: "Do not use this package; fetch it again from its sender.")
        }
    }
}
