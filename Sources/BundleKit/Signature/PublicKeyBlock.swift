// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// One public key with its user IDs and subkeys, as packets.
package struct PublicKeyBlock: Sendable, Equatable {
    /// Bytes that a key file may have.
    static let byteLimit = 1 << 20
    private static let packetLimit = 4096

    /// The packets without armor.
    let packets: [UInt8]
    /// The primary key's fingerprint: 40 upper-case hexadecimal digits.
    package let fingerprint: String
    /// The fingerprints of the primary key and its subkeys, in the order of the file.
    ///
    /// Whether a subkey really belongs
    /// to the key only its binding signature tells.
    let fingerprints: [String]

    /// Reads a key file, armored or not.
    ///
    /// - Parameters:
    ///   - bytes: The file.
    ///   - isKeepingAll: Whether signatures that name another key as their maker stay.
    /// - Throws: `BundleError`, code `keyMalformed`: too large, no key, several keys, a secret key, an old or new key
    ///   version that cannot be used, or something else in between.
    package init(reading bytes: [UInt8], keepingForeignSignatures isKeepingAll: Bool = true) throws(BundleError) {
        var packets: [OpenPGPPacket]
        do throws(Armor.Fault) {
            guard bytes.count <= Self.byteLimit || !isKeepingAll else { throw Self.tooLarge }
            let limit = isKeepingAll ? Self.packetLimit : bytes.count
            packets = try OpenPGPPacket.split(try Self.packets(of: bytes), limit: limit)
        } catch {
            throw Self.malformed(error.reason)
        }
        guard !packets.contains(where: { $0.tag == 5 || $0.tag == 7 }) else { throw Self.secret }
        let primaries = packets.count { $0.tag == 6 }
        guard primaries > 0, packets.first?.tag == 6 else { throw Self.malformed("it holds no public key") }
        guard primaries == 1 else {
            throw BundleError(
                .keyMalformed, "the key file holds \(primaries) keys",
                hint: "Add one key at a time: gpg --armor --export FINGERPRINT > KEY.asc")
        }
        guard packets.allSatisfy({ [2, 6, 12, 13, 14, 17].contains($0.tag) }) else {
            throw Self.malformed("it holds more than a public key")
        }
        var fingerprints: [String] = []
        for packet in packets where packet.tag == 6 || packet.tag == 14 {
            guard packet.body.first == 4 else {
                throw Self.malformed("it is a key of version \(packet.body.first ?? 0), and only version 4 can be used")
            }
            fingerprints.append(try OpenPGPFingerprint.version4(of: packet.body))
        }
        if !isKeepingAll {
            do throws(Armor.Fault) {
                var own: [OpenPGPPacket] = []
                for packet in packets {
                    let signature = packet.tag == 2 ? try SignaturePacket(packet) : nil
                    if signature.map({ fingerprints.contains(where: $0.names) }) ?? true { own.append(packet) }
                }
                packets = own
                guard packets.reduce(0, { $0 + $1.raw.count }) <= Self.byteLimit else { throw Self.tooLarge }
            } catch {
                throw Self.malformed(error.reason)
            }
        }
        self.packets = packets.flatMap(\.raw)
        self.fingerprints = fingerprints
        fingerprint = fingerprints[0]
    }

    private static let tooLarge = Armor.Fault(reason: "it is larger than \(ByteCount(byteLimit))")

    private static func packets(of bytes: [UInt8]) throws(Armor.Fault) -> [UInt8] {
        if let first = bytes.first, first & 0x80 != 0 { return bytes }
        let blocks = try Armor.decode(bytes)
        guard !blocks.contains(where: { $0.kind == .signature }) else {
            throw Armor.Fault(reason: "it is a signature, not a key")
        }
        return blocks.flatMap(\.data)
    }

    private static func malformed(_ reason: String) -> BundleError {
        BundleError(
            .keyMalformed, "the key file is malformed: \(reason)",
            hint: "It has to be one public key, as `gpg --armor --export FINGERPRINT` writes it.")
    }

    private static let secret = BundleError(
        .keyMalformed, "the key file holds a secret key",
        hint: "Secret keys stay with their owner. Add the public key: gpg --armor --export FINGERPRINT > KEY.asc")
}
