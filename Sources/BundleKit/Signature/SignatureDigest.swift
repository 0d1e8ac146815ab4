// SPDX-License-Identifier: Apache-2.0

/// A digest algorithm of OpenPGP.
///
/// Source: RFC 9580, section 9.5.
struct SignatureDigest: Equatable {
    /// The number in the packet.
    let identifier: UInt8

    private static let names: [UInt8: String] = [
        1: "MD5", 2: "SHA1", 3: "RIPEMD160", 8: "SHA256", 9: "SHA384", 10: "SHA512", 11: "SHA224", 12: "SHA3-256",
        14: "SHA3-512",
    ]

    /// `SHA256`; `unknown-99` for a number without a name.
    var name: String { Self.names[identifier] ?? "unknown-\(identifier)" }

    /// Whether collisions can be made, or nobody knows.
    var isWeak: Bool {
        switch identifier {
        case 8, 9, 10, 11, 12, 14: false
        default: true
        }
    }
}
