// SPDX-License-Identifier: Apache-2.0

/// One OpenPGP packet: its tag, its content and the bytes it was read from.
///
/// Source: RFC 9580, section 4.
struct OpenPGPPacket {
    /// The packet type: 2 for signatures, 6 for public keys.
    let tag: UInt8
    /// The content without the header.
    let body: [UInt8]
    /// Header and content as they stood.
    let raw: [UInt8]

    /// Cuts bytes into packets.
    ///
    /// - Parameters:
    ///   - bytes: Packets without armor.
    ///   - limit: Packets that are taken at the most.
    /// - Returns: The packets in their order, which together are all of the bytes.
    /// - Throws: `Armor.Fault` for a header that is none, a length beyond the end, lengths in parts or without an end,
    ///   and more packets than `limit`.
    static func split(_ bytes: [UInt8], limit: Int) throws(Armor.Fault) -> [OpenPGPPacket] {
        var packets: [OpenPGPPacket] = []
        var position = 0
        while position < bytes.count {
            guard packets.count < limit else { throw Armor.Fault(reason: "it holds more than \(limit) packets") }
            let packet = try first(of: bytes[position...])
            position += packet.raw.count
            packets.append(packet)
        }
        return packets
    }

    private static func first(of bytes: ArraySlice<UInt8>) throws(Armor.Fault) -> OpenPGPPacket {
        var rest = bytes
        guard let header = rest.popFirst(), header & 0x80 != 0 else {
            throw Armor.Fault(reason: "it holds bytes that are no OpenPGP packet")
        }
        let isNewFormat = header & 0x40 != 0
        let tag = isNewFormat ? header & 0x3F : header >> 2 & 0x0F
        let length = isNewFormat ? try newLength(&rest) : try oldLength(header & 3, &rest)
        guard tag != 0, length <= rest.count else { throw Armor.Fault(reason: "an OpenPGP packet ends early") }
        let end = rest.startIndex + length
        return OpenPGPPacket(tag: tag, body: Array(rest[..<end]), raw: Array(bytes[..<end]))
    }

    private static func newLength(_ rest: inout ArraySlice<UInt8>) throws(Armor.Fault) -> Int {
        guard let first = rest.first else { throw Armor.Fault(reason: "an OpenPGP packet ends early") }
        guard first < 224 || first == 255 else { throw Armor.Fault(reason: "an OpenPGP packet comes in parts") }
        guard let length = variableLength(&rest) else { throw Armor.Fault(reason: "an OpenPGP packet ends early") }
        return length
    }

    private static func oldLength(_ code: UInt8, _ rest: inout ArraySlice<UInt8>) throws(Armor.Fault) -> Int {
        guard code < 3 else { throw Armor.Fault(reason: "an OpenPGP packet has no length") }
        guard let length = number(1 << code, from: &rest) else {
            throw Armor.Fault(reason: "an OpenPGP packet ends early")
        }
        return length
    }

    /// A length of one, two or five bytes, taken from the front; `nil` where the bytes end.
    static func variableLength(_ rest: inout ArraySlice<UInt8>) -> Int? {
        guard let first = rest.popFirst() else { return nil }
        if first < 192 { return Int(first) }
        if first == 255 { return number(4, from: &rest) }
        guard let second = rest.popFirst() else { return nil }
        return (Int(first) - 192) << 8 + Int(second) + 192
    }

    /// A big-endian number of `count` bytes, at most 4, taken from the front; `nil` where the bytes end.
    static func number(_ count: Int, from rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.count >= count else { return nil }
        let value = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(count)
        return value
    }
}
