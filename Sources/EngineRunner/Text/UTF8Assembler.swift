// SPDX-License-Identifier: Apache-2.0

/// Makes whole characters from the bytes of tokens, which may end in the middle of one.
struct UTF8Assembler {
    private var pending: [UInt8] = []

    /// Takes the bytes of a token.
    ///
    /// - Returns: All text that is complete; bytes that are no UTF-8 become U+FFFD.
    mutating func append(_ bytes: some Sequence<UInt8>) -> String {
        pending.append(contentsOf: bytes)
        let keep = incompleteTail()
        let text = String(decoding: pending.dropLast(keep), as: UTF8.self)
        pending.removeFirst(pending.count - keep)
        return text
    }

    /// Gives up waiting: what is incomplete becomes U+FFFD.
    mutating func finish() -> String {
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }

    /// Bytes at the end, at most 3, that could still become a character.
    private func incompleteTail() -> Int {
        for back in 1...3 where back <= pending.count {
            let byte = pending[pending.count - back]
            switch byte {
            case 0x80...0xBF: continue
            case 0xC2...0xDF: return back < 2 ? back : 0
            case 0xE0...0xEF: return back < 3 && isPossible(lead: byte, back: back) ? back : 0
            case 0xF0...0xF4: return isPossible(lead: byte, back: back) ? back : 0
            default: return 0
            }
        }
        return 0
    }

    /// Whether the byte after a leading byte is one of those that Unicode allows there (Unicode 16, table 3-7).
    private func isPossible(lead: UInt8, back: Int) -> Bool {
        guard back > 1 else { return true }
        let second = pending[pending.count - back + 1]
        switch lead {
        case 0xE0: return second >= 0xA0
        case 0xED: return second <= 0x9F
        case 0xF0: return second >= 0x90
        case 0xF4: return second <= 0x8F
        default: return true
        }
    }
}
