// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What a signature packet says of itself; claims, until the signature is verified.
///
/// Source: RFC 9580, section 5.2.
struct SignaturePacket {
    /// Header and content as they stood.
    let raw: [UInt8]
    /// Of version 4, what of it the signature covers, and the first two bytes of the digest.
    let digestParts: (hashed: [UInt8], left: [UInt8])?
    /// The packet's version; what follows is known of 3, 4 and 5 only.
    let version: UInt8
    /// 0x00 for a binary document, 0x01 for a text; `nil` where the version is not known.
    let type: UInt8?
    /// The digest algorithm.
    let digest: SignatureDigest?
    /// When it was made, if it says so exactly once under the signature's protection.
    let createdAt: Timestamp?
    /// When it ends, if ever.
    let expiresAt: Timestamp?
    /// Fingerprints of the signing key that it names, upper case.
    let issuerFingerprints: [String]
    /// Key IDs of the signing key that it names, 16 upper-case digits.
    let issuerKeyIDs: [String]

    /// Reads a packet of tag 2.
    ///
    /// - Throws: `Armor.Fault` where the content of a known version ends early.
    init(_ packet: OpenPGPPacket) throws(Armor.Fault) {
        raw = packet.raw
        guard let version = packet.body.first else { throw Self.early }
        self.version = version
        switch version {
        case 2, 3:
            let body = packet.body
            guard body.count >= 19, body[1] == 5 else { throw Self.early }
            digestParts = nil
            type = body[2]
            createdAt = Timestamp(secondsSinceEpoch: body[3..<7].reduce(0) { $0 << 8 | Int64($1) })
            expiresAt = nil
            issuerKeyIDs = [body[7..<15].lowercaseHex.uppercased()]
            issuerFingerprints = []
            digest = SignatureDigest(identifier: body[16])
        case 4, 5:
            var rest = packet.body[1...]
            guard let type = rest.popFirst(), rest.popFirst() != nil, let digest = rest.popFirst() else {
                throw Self.early
            }
            let hashed = try Subpackets(from: &rest)
            let unhashed = try Subpackets(from: &rest)
            guard rest.count > 2 else { throw Self.early }
            let hashedEnd = 6 + Int(packet.body[4]) << 8 + Int(packet.body[5])
            digestParts = version == 4 ? (Array(packet.body[..<hashedEnd]), Array(rest.prefix(2))) : nil
            self.type = type
            self.digest = SignatureDigest(identifier: digest)
            createdAt = hashed.only(2).map(Timestamp.init(secondsSinceEpoch:))
            if let createdAt, let lifetime = hashed.least(3), lifetime > 0 {
                expiresAt = Timestamp(secondsSinceEpoch: createdAt.secondsSinceEpoch + lifetime)
            } else {
                expiresAt = nil
            }
            issuerKeyIDs = (hashed.contents(16) + unhashed.contents(16)).map { $0.lowercaseHex.uppercased() }
            issuerFingerprints = (hashed.contents(33) + unhashed.contents(33))
                .map { $0.dropFirst().lowercaseHex.uppercased() }
        default:
            digestParts = nil
            type = nil
            digest = nil
            createdAt = nil
            expiresAt = nil
            issuerFingerprints = []
            issuerKeyIDs = []
        }
    }

    private static let early = Armor.Fault(reason: "a signature packet ends early")

    /// The signing key as well as the packet names it: a fingerprint, else a key ID, else nothing.
    var issuer: String? { issuerFingerprints.first ?? issuerKeyIDs.first }

    /// Whether the packet says it was made by the key of that fingerprint.
    func names(_ fingerprint: String) -> Bool {
        issuerFingerprints.contains(fingerprint)
            || issuerKeyIDs.contains { $0.count == 16 && fingerprint.hasSuffix($0) }
    }
}

/// One area of subpackets.
private struct Subpackets {
    private var all: [(type: UInt8, content: ArraySlice<UInt8>)] = []

    init(from rest: inout ArraySlice<UInt8>) throws(Armor.Fault) {
        let early = Armor.Fault(reason: "a signature packet ends early")
        guard let length = OpenPGPPacket.number(2, from: &rest), length <= rest.count else { throw early }
        var area = rest.prefix(length)
        rest = rest.dropFirst(length)
        while !area.isEmpty {
            guard let length = OpenPGPPacket.variableLength(&area), length > 0, length <= area.count else {
                throw early
            }
            let subpacket = area.prefix(length)
            area = area.dropFirst(length)
            guard let type = subpacket.first else { throw early }
            all.append((type & 0x7F, subpacket.dropFirst()))
        }
    }

    func contents(_ type: UInt8) -> [ArraySlice<UInt8>] {
        all.filter { $0.type == type }.map(\.content)
    }

    private func numbers(_ type: UInt8) -> [Int64] {
        contents(type).filter { $0.count == 4 }.map { $0.reduce(0) { $0 << 8 | Int64($1) } }
    }

    func only(_ type: UInt8) -> Int64? {
        let numbers = numbers(type)
        return numbers.count == 1 ? numbers.first : nil
    }

    func least(_ type: UInt8) -> Int64? { numbers(type).filter { $0 > 0 }.min() }
}
