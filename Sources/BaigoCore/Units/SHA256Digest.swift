// SPDX-License-Identifier: Apache-2.0

/// A SHA-256 digest: 32 bytes.
///
/// Source: FIPS 180-4.
package struct SHA256Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The bytes, always 32.
    package let bytes: [UInt8]

    /// Takes over 32 bytes; `nil` for any other count.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Reads 64 lower-case hexadecimal digits; `nil` for anything else, upper case included.
    package init?(hex: some StringProtocol) {
        self.init(hex: String(hex))
    }

    /// Reads 64 lower-case hexadecimal digits; `nil` for anything else, upper case included.
    package init?(hex: String) {
        guard hex.utf8.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        var high: UInt8?
        for character in hex.utf8 {
            let nibble: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): nibble = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): nibble = character - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let upper = high {
                bytes.append(upper << 4 | nibble)
                high = nil
            } else {
                high = nibble
            }
        }
        self.bytes = bytes
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String { bytes.lowercaseHex }

    /// `sha256:` and the 64 digits, as JSON output shows identities.
    package var description: String { "sha256:" + hex }

    package static func < (left: SHA256Digest, right: SHA256Digest) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension Sequence<UInt8> {
    /// Two lower-case hexadecimal digits a byte.
    package var lowercaseHex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
