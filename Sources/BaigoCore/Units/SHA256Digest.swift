// SPDX-License-Identifier: Apache-2.0

/// A SHA-256 digest: 32 bytes.
///
/// Source: FIPS 180-4.
package struct SHA256Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The bytes in order, eight a word, the first in the highest place: a digest takes no memory of its own.
    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// The bytes, always 32.
    package var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
    }

    /// Takes over 32 bytes; `nil` for any other count.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        func word(_ start: Int) -> UInt64 { bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        words = (word(0), word(8), word(16), word(24))
    }

    /// Reads 64 lower-case hexadecimal digits; `nil` for anything else, upper case included.
    package init?(hex: some StringProtocol) {
        self.init(hex: String(hex))
    }

    /// Reads 64 lower-case hexadecimal digits; `nil` for anything else, upper case included.
    package init?(hex: String) {
        var hex = hex
        let words = hex.withUTF8 { digits -> (UInt64, UInt64, UInt64, UInt64)? in
            guard digits.count == 64, let first = Self.word(digits[0..<16]), let second = Self.word(digits[16..<32]),
                let third = Self.word(digits[32..<48]), let fourth = Self.word(digits[48..<64])
            else { return nil }
            return (first, second, third, fourth)
        }
        guard let words else { return nil }
        self.words = words
    }

    private static func word(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64? {
        var word: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): word = word << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): word = word << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return word
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String { bytes.lowercaseHex }

    /// `sha256:` and the 64 digits, as JSON output shows identities.
    package var description: String { "sha256:" + hex }

    package static func == (left: SHA256Digest, right: SHA256Digest) -> Bool { left.words == right.words }

    package static func < (left: SHA256Digest, right: SHA256Digest) -> Bool { left.words < right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
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
