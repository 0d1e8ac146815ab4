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

    /// One key of the home with everything that it signed itself, and nothing that others signed.
    ///
    /// gpg's own minimal export leaves out subkeys that have ended, and with them the reason why a signature by one
    /// counts no more.
    ///
    /// - Throws: `BundleError`, code `keyMalformed` for a key of a form that cannot be used, or `library`.
    func publicKey(_ fingerprint: String) throws(BundleError) -> PublicKeyBlock {
        let data = try GPGData()
        gpgme_set_armor(raw, 0)
        try Self.check(gpgme_op_export(raw, fingerprint, 0, data.raw), "could not export the key")
        return try PublicKeyBlock(reading: try data.bytes(limit: Self.exportLimit), keepingForeignSignatures: false)
    }

    /// Bytes of a key with what others signed of it.
    private static var exportLimit: Int { 64 << 20 }
}
