// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The content of `checksums.txt.asc`: detached signatures in one or more armored blocks.
struct SignatureFile {
    /// Bytes that a file may have.
    static let byteLimit = 1 << 20
    /// Signatures that a file may hold.
    static let signatureLimit = 64

    /// The signatures in the order of the file; at least one.
    private(set) var packets: [SignaturePacket]

    /// Takes a file apart.
    ///
    /// - Throws: `BundleError`, code `signatureMalformed`: too large, something outside the armor, another kind of
    ///   block, packets that are no signatures, too many of them, or none.
    init(reading bytes: [UInt8]) throws(BundleError) {
        guard bytes.count <= Self.byteLimit else {
            throw Self.malformed("it is larger than \(ByteCount(Self.byteLimit))")
        }
        do throws(Armor.Fault) {
            packets = try Self.packets(of: bytes)
        } catch {
            throw Self.malformed(error.reason)
        }
        guard !packets.isEmpty else { throw Self.malformed("it holds no signature") }
    }

    private static func packets(of bytes: [UInt8]) throws(Armor.Fault) -> [SignaturePacket] {
        var packets: [SignaturePacket] = []
        for block in try Armor.decode(bytes) {
            guard block.kind == .signature else { throw Armor.Fault(reason: "it holds keys") }
            for packet in try OpenPGPPacket.split(block.data, limit: signatureLimit) {
                guard packet.tag == 2 else { throw Armor.Fault(reason: "it holds packets that are no signatures") }
                packets.append(try SignaturePacket(packet))
            }
            guard packets.count <= signatureLimit else {
                throw Armor.Fault(reason: "it holds more than \(signatureLimit) signatures")
            }
        }
        return packets
    }

    private static func malformed(_ reason: String) -> BundleError {
        BundleError(
            .signatureMalformed, "the signature file is malformed: \(reason)",
            hint: "It has to be armored, detached OpenPGP signatures, as `gpg --armor --detach-sign` writes them.")
    }

    /// Drops the signatures that do not fit.
    mutating func keep(where isKept: (SignaturePacket) -> Bool) {
        packets = packets.filter(isKept)
    }

    /// Puts the signatures of another file at the end.
    ///
    /// - Throws: `BundleError`, code `signatureMalformed`, when they are too many.
    mutating func append(_ other: SignatureFile) throws(BundleError) {
        packets += other.packets
        guard packets.count <= Self.signatureLimit else {
            throw Self.malformed("it would hold more than \(Self.signatureLimit) signatures")
        }
    }

    /// All signatures in one armored block.
    ///
    /// gpg verifies one block with many packets as well as many blocks; programs that stop after the first block see
    /// every signature only this way.
    var armored: [UInt8] { Armor.encode(packets.flatMap(\.raw), as: .signature) }
}
