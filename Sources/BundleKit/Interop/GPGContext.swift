// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CGPGME

/// Owns one GPGME context: one operation at a time, on one thread at a time.
///
/// Source: the GPGME manual, chapter "Contexts".
final class GPGContext {
    let raw: gpgme_ctx_t

    /// Makes a context that runs gpg.
    ///
    /// - Parameter home: The GnuPG home; `nil` for the one that gpg itself takes.
    /// - Throws: `BundleError`, code `openPGPUnavailable`, when gpg is missing or too old; `library`.
    init(home: String?) throws(BundleError) {
        guard Self.isInitialised else {
            throw BundleError(.library, "GPGME is older than version \(Self.requiredVersion)")
        }
        let engine = gpgme_engine_check_version(GPGME_PROTOCOL_OpenPGP)
        guard gpgme_err_code(engine) == GPG_ERR_NO_ERROR else { throw Self.unavailable(engine) }
        var context: gpgme_ctx_t?
        try Self.check(gpgme_new(&context), "could not start")
        guard let context else { throw BundleError(.outOfMemory, "no memory for an OpenPGP context") }
        raw = context
        try Self.check(gpgme_set_protocol(raw, GPGME_PROTOCOL_OpenPGP), "could not start")
        if let home {
            try Self.check(
                gpgme_ctx_set_engine_info(raw, GPGME_PROTOCOL_OpenPGP, nil, home), "could not use its home folder")
        }
    }

    deinit { gpgme_release(raw) }

    private static let requiredVersion = "1.18.0"
    private static let isInitialised = gpgme_check_version(requiredVersion) != nil

    private static func unavailable(_ error: gpgme_error_t) -> BundleError {
        BundleError(
            .openPGPUnavailable, "OpenPGP signatures need GnuPG: \(text(of: error))",
            hint: "Install it (Debian package gnupg: apt-get install gnupg).")
    }

    /// Throws where a GPGME call failed.
    ///
    /// - Parameters:
    ///   - error: What the call returned.
    ///   - failure: What did not work, as the start of a sentence about GnuPG: `could not export the key`.
    /// - Throws: `BundleError`, code `openPGPUnavailable` where gpg is missing, else `library`, with GPGME's own text.
    static func check(_ error: gpgme_error_t, _ failure: String) throws(BundleError) {
        switch gpgme_err_code(error) {
        case GPG_ERR_NO_ERROR: return
        case GPG_ERR_INV_ENGINE: throw unavailable(error)
        case GPG_ERR_ENOMEM: throw BundleError(.outOfMemory, "GnuPG \(failure): \(text(of: error))")
        default: throw BundleError(.library, "GnuPG \(failure): \(text(of: error))")
        }
    }

    /// GPGME's words for an error.
    static func text(of error: gpgme_error_t) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        gpgme_strerror_r(error, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .escapedForOneLine
    }
}
