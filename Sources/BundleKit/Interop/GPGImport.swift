// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CGPGME

extension GPGContext {
    /// Lets gpg read keys, or certificates about keys that it has.
    ///
    /// - Parameter bytes: Packets, armored or not.
    /// - Returns: What gpg took of them.
    /// - Throws: `BundleError`, code `library`.
    func importKeys(_ bytes: [UInt8]) throws(BundleError) -> _gpgme_op_import_result {
        let data = try GPGData(bytes)
        try Self.check(gpgme_op_import(raw, data.raw), "could not read the key")
        guard let result = gpgme_op_import_result(raw)?.pointee else {
            throw BundleError(.library, "GnuPG said nothing of the key")
        }
        return result
    }

    /// One key of the home, armored, with only the newest signatures of its own.
    ///
    /// - Throws: `BundleError`, code `library`.
    func minimalExport(of fingerprint: String) throws(BundleError) -> [UInt8] {
        let data = try GPGData()
        gpgme_set_armor(raw, 1)
        try Self.check(
            gpgme_op_export(raw, fingerprint, gpgme_export_mode_t(GPGME_EXPORT_MODE_MINIMAL), data.raw),
            "could not export the key")
        return try data.bytes(limit: PublicKeyBlock.byteLimit)
    }
}
