// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Testing

@testable import BundleKit

@Suite struct SignatureFileTests {
    /// A signature packet of version 4 that parses and that nobody made.
    private static let packet: [UInt8] =
        [0x88, 21, 4, 0, 22, 8, 0, 6, 5, 2, 0x5E, 0x0B, 0xE1, 0, 0, 0, 0xAB, 0xCD, 0, 8, 0xFF, 0, 8]

    private static func file(_ packets: [UInt8]) -> [UInt8] { Armor.encode(packets, as: .signature) }

    private func code(_ bytes: [UInt8]) -> BundleError.Code? {
        do throws(BundleError) {
            _ = try SignatureFile(reading: bytes)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func readsWhatItWrites() throws {
        let file = try SignatureFile(reading: Self.file(Self.packet + Self.packet))
        #expect(file.packets.map(\.raw) == [Self.packet, Self.packet])
        #expect(file.packets.first?.createdAt?.description == "2020-01-01T00:00:00Z")
        #expect(file.packets.first?.digest?.name == "SHA256")
        #expect(try SignatureFile(reading: file.armored).packets.map(\.raw) == [Self.packet, Self.packet])
    }

    @Test func takesArmorAsProgramsWriteIt() throws {
        let text = String(decoding: Self.file(Self.packet), as: UTF8.self)
        let withoutSum = text.split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("=") }.joined(separator: "\n")
        let forms = [
            text.replacing("\n", with: "\r\n"),
            text.replacing("-----\n\n", with: "-----\nComment: a: b\nVersion: 1\n\n"),
            "\n \n" + text + "\n\t\n", withoutSum, text + "\n" + text,
        ]
        for form in forms { #expect(code(Array(form.utf8)) == nil, "\(form)") }
    }

    @Test(arguments: [
        "", "\n", "garbage", "-----BEGIN PGP SIGNATURE-----\n", "-----BEGIN PGP SIGNATURE-----\n\n",
        "-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\nAAAA\n-----END PGP SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\n\n!!!!\n-----END PGP SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\n\niA==iA==\n-----END PGP SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\n\niB==\n-----END PGP SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\n\niAEE\n-----END PGP MESSAGE-----\n",
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\ntext\n", "-----BEGIN PGP SIGNATURE----",
    ])
    func refusesWhatIsNoSignatureFile(_ text: String) {
        #expect(code(Array(text.utf8)) == .signatureMalformed)
    }

    @Test func refusesSomethingAroundTheBlocks() {
        let block = Self.file(Self.packet)
        for bytes in [Array("x\n".utf8) + block, block + Array("x".utf8), block + [0], block + [0xFF] + block] {
            #expect(code(bytes) == .signatureMalformed)
        }
    }

    @Test func refusesAWrongChecksum() {
        let text = String(decoding: Self.file(Self.packet), as: UTF8.self)
        let wrong = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("=") ? "=AAAA" : String($0) }.joined(separator: "\n")
        #expect(code(Array(wrong.utf8)) == .signatureMalformed)
        let late = text.replacing("-----END", with: "AAAA\n-----END")
        #expect(code(Array(late.utf8)) == .signatureMalformed)
    }

    @Test(arguments: [
        [0x00, 0x01], [0x7F], [0x88], [0x88, 5, 4], [0x89, 0], [0x8A, 0xFF, 0xFF, 0xFF, 0xFF], [0x8B, 1, 2],
        [0xC2], [0xC2, 0xE1, 0], [0xC2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], [0xC2, 0xC0], [0x88, 0], [0x80, 1, 1],
        [0xC0, 1, 1], [0x88, 1, 4], [0x88, 8, 4, 0, 22, 8, 0xFF, 0xFF, 0, 0],
        [0x88, 12, 4, 0, 22, 8, 0, 2, 9, 2, 0, 0, 0, 0], [0x88, 12, 4, 0, 22, 8, 0, 1, 0, 0, 0, 0, 0, 0],
        [0x88, 3, 3, 5, 0], [0x88, 10, 4, 0, 22, 8, 0, 0, 0, 0, 0, 0],
    ])
    func refusesBrokenPackets(_ packet: [Int]) {
        #expect(code(Self.file(packet.map { UInt8($0) })) == .signatureMalformed)
    }

    @Test func refusesOtherPackets() {
        let literal: [UInt8] = [0xCB, 6, 0x62, 0, 0, 0, 0, 0]
        #expect(code(Self.file(Self.packet + literal)) == .signatureMalformed)
        #expect(code(Armor.encode(Self.packet, as: .publicKey)) == .signatureMalformed)
    }

    @Test func boundsBytesAndSignatures() {
        let many = Array(repeatElement(Self.packet, count: 64).joined())
        #expect(code(Self.file(many)) == nil)
        #expect(code(Self.file(many + Self.packet)) == .signatureMalformed)
        #expect(code(Self.file(many) + Self.file(Self.packet)) == .signatureMalformed)
        let block = Self.file(Self.packet)
        #expect(code(block + [UInt8](repeating: 0x0A, count: (1 << 20) - block.count)) == nil)
        #expect(code(block + [UInt8](repeating: 0x0A, count: (1 << 20) - block.count + 1)) == .signatureMalformed)
    }

    @Test func keepsSignaturesOfUnknownVersions() throws {
        let packet = try #require(try SignatureFile(reading: Self.file([0x88, 3, 6, 0, 0])).packets.first)
        #expect(packet.version == 6)
        #expect(packet.issuer == nil)
    }

    @Test func readsSignaturesOfVersionThree() throws {
        let body: [UInt8] = [3, 5, 0, 0x5E, 0x0B, 0xE1, 0, 1, 2, 3, 4, 5, 6, 7, 0xAF, 1, 2, 0, 0, 0, 1, 1]
        let packet = try #require(
            try SignatureFile(reading: Self.file([0x88, UInt8(body.count)] + body)).packets.first)
        #expect(packet.issuer == "01020304050607AF")
        #expect(packet.digest?.name == "SHA1")
        #expect(packet.createdAt?.description == "2020-01-01T00:00:00Z")
    }

    @Test func takesNoTimeThatIsGivenTwice() throws {
        let time: [UInt8] = [5, 2, 0x5E, 0x0B, 0xE1, 0]
        let body: [UInt8] = [4, 0, 22, 8, 0, 12] + time + time + [0, 0, 0xAB, 0xCD, 0, 8, 0xFF]
        let packet = try #require(
            try SignatureFile(reading: Self.file([0x88, UInt8(body.count)] + body)).packets.first)
        #expect(packet.createdAt == nil)
    }
}
