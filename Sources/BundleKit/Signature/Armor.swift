// SPDX-License-Identifier: Apache-2.0

/// ASCII armor around OpenPGP packets, read strictly: nothing but white space outside the blocks.
///
/// Source: RFC 9580, section 6.
enum Armor {
    /// What a block says it holds.
    enum Kind: String {
        case signature = "SIGNATURE"
        case publicKey = "PUBLIC KEY BLOCK"
        case secretKey = "PRIVATE KEY BLOCK"
    }

    /// One block, taken apart.
    struct Block {
        let kind: Kind
        /// The packets.
        let data: [UInt8]
    }

    /// Why a text is not armor; the phrase completes "the file is malformed: …".
    struct Fault: Error {
        let reason: String
    }

    /// Takes all blocks of a text apart.
    ///
    /// - Throws: `Fault` for anything but blocks and white space, for unknown kinds, for bytes that are not base64 and
    ///   for a checksum that does not fit. The checksum may be missing.
    static func decode(_ text: [UInt8]) throws(Fault) -> [Block] {
        var lines = Lines(text: text)
        var blocks: [Block] = []
        while let line = lines.next() {
            if line.isEmpty { continue }
            guard let kind = kind(of: line, edge: "BEGIN") else {
                throw Fault(reason: "something stands outside the armored blocks")
            }
            blocks.append(try block(kind, from: &lines))
        }
        return blocks
    }

    /// One block with 64 characters a line and a checksum, ending in LF.
    static func encode(_ data: [UInt8], as kind: Kind) -> [UInt8] {
        var out = Array("-----BEGIN PGP \(kind.rawValue)-----\n\n".utf8)
        var column = 0
        for byte in Base64.encode(data) {
            if column == 64 {
                out.append(UInt8(ascii: "\n"))
                column = 0
            }
            out.append(byte)
            column += 1
        }
        let sum = checksum(data)
        let sumBytes = [UInt8(sum >> 16 & 0xFF), UInt8(sum >> 8 & 0xFF), UInt8(sum & 0xFF)]
        if column > 0 { out.append(UInt8(ascii: "\n")) }
        return out + Array("=".utf8) + Base64.encode(sumBytes) + Array("\n-----END PGP \(kind.rawValue)-----\n".utf8)
    }

    private static func kind(of line: ArraySlice<UInt8>, edge: String) -> Kind? {
        let start = "-----\(edge) PGP ".utf8
        let end = "-----".utf8
        guard line.starts(with: start), line.suffix(5).elementsEqual(end), line.count >= start.count + end.count else {
            return nil
        }
        return Kind(rawValue: String(decoding: line.dropFirst(start.count).dropLast(end.count), as: UTF8.self))
    }

    private static func block(_ kind: Kind, from lines: inout Lines) throws(Fault) -> Block {
        while let header = lines.next(), !header.isEmpty {
            guard header.contains(UInt8(ascii: ":")) else {
                throw Fault(reason: "an armored block has no blank line before its data")
            }
        }
        var digits: [UInt8] = []
        var expected: [UInt8]?
        while let line = lines.next() {
            if let ending = Armor.kind(of: line, edge: "END") {
                guard ending == kind else { throw Fault(reason: "an armored block ends as another kind") }
                return Block(kind: kind, data: try data(digits, checksum: expected))
            }
            guard expected == nil else { throw Fault(reason: "something follows the checksum of an armored block") }
            if line.first == UInt8(ascii: "="), line.count == 5 {
                expected = Array(line.dropFirst())
            } else {
                digits += line
            }
        }
        throw Fault(reason: "an armored block has no end")
    }

    private static func data(_ digits: [UInt8], checksum expected: [UInt8]?) throws(Fault) -> [UInt8] {
        guard let data = Base64.decode(digits) else { throw Fault(reason: "an armored block is not base64") }
        guard !data.isEmpty else { throw Fault(reason: "an armored block is empty") }
        guard let expected else { return data }
        guard let sum = Base64.decode(expected), sum.count == 3,
            sum.reduce(UInt32(0), { $0 << 8 | UInt32($1) }) == checksum(data)
        else { throw Fault(reason: "the checksum of an armored block does not fit") }
        return data
    }

    /// CRC-24 of RFC 9580, section 6.1.1.
    private static func checksum(_ data: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xB704CE
        for byte in data {
            sum ^= UInt32(byte) << 16
            for _ in 0..<8 {
                sum <<= 1
                if sum & 0x100_0000 != 0 { sum ^= 0x186_4CFB }
            }
        }
        return sum & 0xFF_FFFF
    }
}

/// Lines of a text without line ends, trailing blanks and tabs.
private struct Lines {
    let text: [UInt8]
    var position = 0

    init(text: [UInt8]) {
        self.text = text
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard position < text.count else { return nil }
        let end = text[position...].firstIndex(of: UInt8(ascii: "\n")) ?? text.count
        var line = text[position..<end]
        position = end + 1
        while let last = line.last, last == 0x20 || last == 0x09 || last == 0x0D { line.removeLast() }
        return line
    }
}
