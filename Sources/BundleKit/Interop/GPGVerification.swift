// SPDX-License-Identifier: Apache-2.0

internal import CGPGME

/// What gpg found out about one signature, times and trust aside.
struct GPGVerification {
    /// Whether the signature is one over these bytes by a key of the ring.
    enum Outcome: Equatable {
        /// It is, whatever may be wrong with the key or the times.
        case good
        /// The bytes or the signature were changed.
        case bad
        /// The ring has no key that could have made it.
        case unknownKey
        /// gpg does not decide: an algorithm it refuses or does not know, a subkey that may not sign. With its words.
        case refused(String)
    }

    let outcome: Outcome
    /// The fingerprint of the key or subkey that made it, where the outcome is `good`.
    let signingKey: String?
    let isExpired: Bool
    let isKeyExpired: Bool
    let isKeyRevoked: Bool
}

extension GPGContext {
    /// Verifies one detached signature.
    ///
    /// - Parameters:
    ///   - packet: Exactly one signature packet without armor.
    ///   - document: What is signed.
    /// - Returns: gpg's verdict.
    /// - Throws: `BundleError`, code `openPGPUnavailable`, `outOfMemory` or `library`, when gpg could not run.
    func verify(_ packet: [UInt8], over document: SignedDocument) throws(BundleError) -> GPGVerification {
        let signature = try GPGData(packet)
        let text = try GPGData(document)
        let error = gpgme_op_verify(raw, signature.raw, text.raw, nil)
        let code = gpgme_err_code(error)
        if code == GPG_ERR_INV_ENGINE || gpgme_err_code_to_errno(code) != 0 {
            try Self.check(error, "could not verify a signature")
        }
        guard code == GPG_ERR_NO_ERROR else { return GPGVerification(.refused(Self.text(of: error))) }
        guard let first = gpgme_op_verify_result(raw)?.pointee.signatures else {
            return GPGVerification(.refused("GnuPG cannot read it"))
        }
        guard first.pointee.next == nil else {
            return GPGVerification(.refused("several signatures in one packet"))
        }
        return GPGVerification(first.pointee)
    }
}

extension GPGVerification {
    fileprivate init(_ outcome: Outcome) {
        self.outcome = outcome
        signingKey = nil
        isExpired = false
        isKeyExpired = false
        isKeyRevoked = false
    }

    fileprivate init(_ signature: _gpgme_signature) {
        let status = gpgme_err_code(signature.status)
        let summary = signature.summary.rawValue
        func says(_ flag: gpgme_sigsum_t) -> Bool { summary & flag.rawValue != 0 }
        isExpired = status == GPG_ERR_SIG_EXPIRED || says(GPGME_SIGSUM_SIG_EXPIRED)
        isKeyExpired = status == GPG_ERR_KEY_EXPIRED || says(GPGME_SIGSUM_KEY_EXPIRED)
        isKeyRevoked = status == GPG_ERR_CERT_REVOKED || says(GPGME_SIGSUM_KEY_REVOKED)
        signingKey = signature.fpr.map { String(cString: $0) }
        outcome =
            switch status {
            case GPG_ERR_NO_ERROR, GPG_ERR_SIG_EXPIRED, GPG_ERR_KEY_EXPIRED, GPG_ERR_CERT_REVOKED: .good
            case GPG_ERR_BAD_SIGNATURE: .bad
            case GPG_ERR_NO_PUBKEY: .unknownKey
            default: .refused(GPGContext.text(of: signature.status))
            }
    }
}
