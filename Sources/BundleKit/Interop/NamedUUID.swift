// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import COpenSSL

/// A UUID that follows from a name, version 5: equal names always have equal UUIDs.
///
/// SHA-1 is what the version is made of and protects nothing here.
///
/// Source: RFC 9562, section 5.5.
enum NamedUUID {
    /// The namespace of DNS; names in it start with `baigo:` and so are none of a host.
    private static let namespace: [UInt8] = [
        0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
    ]

    /// The UUID of a package: of `baigo:` and the identity as it is shown.
    ///
    /// - Throws: `BundleError`, code `library`.
    static func of(identity: SHA256Digest) throws(BundleError) -> String {
        let name = namespace + Array("baigo:\(identity)".utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        var count: UInt32 = 0
        guard EVP_Digest(name, name.count, &digest, &count, EVP_sha1(), nil) == 1, count == 20 else {
            throw BundleError(.library, "OpenSSL could not make the digest of a name")
        }
        digest[6] = digest[6] & 0x0f | 0x50
        digest[8] = digest[8] & 0x3f | 0x80
        let hex = digest.prefix(16).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        return [hex[0..<4], hex[4..<6], hex[6..<8], hex[8..<10], hex[10..<16]].map { $0.joined() }
            .joined(separator: "-")
    }
}
