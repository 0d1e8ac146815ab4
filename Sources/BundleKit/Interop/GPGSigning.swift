// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CGPGME

extension GPGContext {
    /// Makes a detached signature over bytes.
    ///
    /// - Parameters:
    ///   - document: What is signed.
    ///   - fingerprint: The primary key; gpg takes the newest subkey that may sign.
    /// - Returns: What gpg wrote, armored.
    /// - Throws: `BundleError`, code `signingFailed` with gpg's reason, or `library`.
    func sign(_ document: [UInt8], with fingerprint: String) throws(BundleError) -> [UInt8] {
        var key: gpgme_key_t?
        try Self.check(gpgme_get_key(raw, fingerprint, &key, 1), "could not find the signing key")
        guard let key else { throw BundleError(.library, "GnuPG could not find the signing key") }
        defer { gpgme_key_unref(key) }
        gpgme_signers_clear(raw)
        try Self.check(gpgme_signers_add(raw, key), "could not take the signing key")
        gpgme_set_armor(raw, 1)
        gpgme_set_textmode(raw, 0)
        let text = try GPGData(document)
        let signature = try GPGData()
        let error = gpgme_op_sign(raw, text.raw, signature.raw, GPGME_SIG_MODE_DETACH)
        guard gpgme_err_code(error) == GPG_ERR_NO_ERROR else { throw Self.signingFailed(error, fingerprint) }
        return try signature.bytes(limit: SignatureFile.byteLimit)
    }

    private static func signingFailed(_ error: gpgme_error_t, _ fingerprint: String) -> BundleError {
        let hint =
            switch gpgme_err_code(error) {
            case GPG_ERR_CANCELED, GPG_ERR_FULLY_CANCELED: "The passphrase dialog was closed; run the command again."
            case GPG_ERR_BAD_PASSPHRASE: "The passphrase was wrong; run the command again."
            case GPG_ERR_NO_AGENT: "Start gpg-agent, or install it (Debian package gpg-agent)."
            case GPG_ERR_CARD_NOT_PRESENT, GPG_ERR_CARD_REMOVED: "Insert the card that holds the key."
            default:
                "If the key has a passphrase, gpg-agent must be able to ask for it (a pinentry program, and GPG_TTY set"
                    + " to the terminal), or must know it already."
            }
        return BundleError(
            .signingFailed, "GnuPG could not sign with the key \(fingerprint): \(text(of: error))", hint: hint)
    }
}
