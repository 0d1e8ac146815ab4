// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import COpenSSL

/// Fingerprints of OpenPGP keys.
enum OpenPGPFingerprint {
    /// The fingerprint of a key of version 4, 40 upper-case hexadecimal digits.
    ///
    /// - Parameter body: The content of the key packet, below 64 KiB.
    /// - Returns: The fingerprint.
    /// - Throws: `BundleError`, code `keyMalformed` for a larger packet, `library` where OpenSSL has no SHA-1.
    ///
    /// Source: RFC 9580, section 5.5.4.2.
    static func version4(of body: [UInt8]) throws(BundleError) -> String {
        guard body.count <= 0xFFFF else { throw BundleError(.keyMalformed, "the key is larger than a key can be") }
        let bytes = [0x99, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body
        var digest = [UInt8](repeating: 0, count: 20)
        guard EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha1(), nil) == 1 else {
            throw BundleError(.library, "OpenSSL could not compute a key's fingerprint")
        }
        return digest.lowercaseHex.uppercased()
    }
}
