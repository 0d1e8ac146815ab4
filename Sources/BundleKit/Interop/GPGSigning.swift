// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CGPGME

extension GPGContext {
    /// Makes a detached signature over bytes.
    ///
    /// - Parameters:
    ///   - document: What is signed.
    ///   - fingerprint: The primary key; gpg takes the newest subkey that may sign.
    ///   - unlocking: How the key is unlocked.
    /// - Returns: What gpg wrote, armored.
    /// - Throws: `BundleError`, code `signingFailed` or `passphraseNeeded` with gpg's reason, or `library`;
    ///   `CancellationError`.
    func sign(_ document: [UInt8], with fingerprint: String, unlocking: KeyUnlocking) throws -> [UInt8] {
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
        switch try run(unlocking, { gpgme_op_sign_start(raw, text.raw, signature.raw, GPGME_SIG_MODE_DETACH) }) {
        case .late: throw Self.signingFailed(nil, fingerprint)
        case .done(let error):
            guard gpgme_err_code(error) == GPG_ERR_NO_ERROR else {
                // An interrupt from the terminal reaches gpg too.
                try Task.checkCancellation()
                throw Self.signingFailed(error, fingerprint)
            }
        }
        return try signature.bytes(limit: SignatureFile.byteLimit)
    }

    private func run(
        _ unlocking: KeyUnlocking, _ start: () -> gpgme_error_t
    ) throws -> GPGEventLoop.Ending {
        switch unlocking {
        case .passphrase(let passphrase):
            let secret = Passphrase(passphrase)
            try Self.check(gpgme_set_pinentry_mode(raw, GPGME_PINENTRY_MODE_LOOPBACK), "could not take a passphrase")
            gpgme_set_passphrase_cb(raw, Passphrase.callback, Unmanaged.passUnretained(secret).toOpaque())
            defer { gpgme_set_passphrase_cb(raw, nil, nil) }
            return try withExtendedLifetime(secret) { try GPGEventLoop(self).run(atMost: nil, start) }
        case .agent(let patience): return try GPGEventLoop(self).run(atMost: patience, start)
        }
    }

    // Without an error nobody answered in time.
    private static func signingFailed(_ error: gpgme_error_t?, _ fingerprint: String) -> BundleError {
        let code = error.map(gpgme_err_code) ?? GPG_ERR_TIMEOUT
        let asking: [gpgme_err_code_t] = [
            GPG_ERR_NO_PIN_ENTRY, GPG_ERR_NO_PASSPHRASE, GPG_ERR_BAD_PASSPHRASE, GPG_ERR_CANCELED,
            GPG_ERR_FULLY_CANCELED, GPG_ERR_TIMEOUT, GPG_ERR_ENOTTY, GPG_ERR_NO_PIN, GPG_ERR_BAD_PIN,
        ]
        let hint =
            switch code {
            case GPG_ERR_BAD_PASSPHRASE, GPG_ERR_BAD_PIN: "The passphrase was wrong; run the command again."
            case GPG_ERR_NO_AGENT: "Start gpg-agent, or install it (Debian package gpg-agent)."
            case GPG_ERR_CARD_NOT_PRESENT, GPG_ERR_CARD_REMOVED: "Insert the card that holds the key."
            default:
                "Where nobody can be asked, let gpg-agent know the passphrase before (gpg-preset-passphrase), or use"
                    + " --key-file with --passphrase-file. On a terminal a pinentry program and GPG_TTY are needed."
            }
        let reason = error.map(text) ?? "nobody answered the question for its passphrase"
        return BundleError(
            asking.contains(code) ? .passphraseNeeded : .signingFailed,
            "GnuPG could not sign with the key \(fingerprint): \(reason)", hint: hint)
    }
}

/// How a secret key is unlocked.
enum KeyUnlocking: Sendable {
    /// By the user's agent, which may ask a person; not for longer than this where it is given.
    case agent(patience: Duration?)
    /// With these bytes, which may be none; nobody is asked.
    case passphrase([UInt8])
}

/// Hands a passphrase to gpg when it asks, once.
private final class Passphrase {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    static let callback: gpgme_passphrase_cb_t = { hook, _, _, wasWrong, descriptor in
        guard let hook, wasWrong == 0 else {
            return gpgme_err_make(GPG_ERR_SOURCE_USER_1, GPG_ERR_BAD_PASSPHRASE)
        }
        let line = Unmanaged<Passphrase>.fromOpaque(hook).takeUnretainedValue().bytes + [0x0A]
        guard gpgme_io_writen(descriptor, line, line.count) == 0 else {
            return gpgme_err_make(GPG_ERR_SOURCE_USER_1, GPG_ERR_CANCELED)
        }
        return 0
    }
}
