// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Testing
import TestSupport

@testable import BundleKit

@Suite struct SignatureVerifierTests {
    private let samples: SignatureSamples

    init() throws {
        samples = try SignatureSamples.shared.get()
    }

    private func report(
        _ signature: [UInt8]?, keys: [TrustedKey]? = nil, kind: String = "model", now: Timestamp = .now,
        over document: [UInt8]? = nil
    ) throws -> SignatureReport {
        try SignatureVerifier.verify(
            signature: signature, over: document ?? samples.document, keys: keys ?? samples.allTrusted(), kind: kind,
            now: now)
    }

    @Test func reportsNoSignature() throws {
        let report = try report(nil)
        #expect(report.status == .unsigned)
        #expect(report.signers.isEmpty)
        #expect(report.json(required: true)["status"] == "none")
    }

    @Test(arguments: [SignatureSamples.Name.ada, .rsa, .ecdsa])
    func acceptsASignatureByATrustedKey(_ name: SignatureSamples.Name) throws {
        let report = try report(try samples.signature(name.rawValue))
        #expect(report.status == .valid)
        let signer = try #require(report.signers.first)
        #expect(signer.fingerprint == samples.fingerprints[name])
        #expect(signer.signingKey == samples.fingerprints[name])
        #expect(signer.userID == "\(name.rawValue) <\(name.rawValue)@example.test>")
        #expect(signer.createdAt == SignatureSamples.later)
        #expect(signer.keyExpires == nil)
        #expect(signer.trusted)
    }

    @Test func namesTheDigest() throws {
        #expect(try report(samples.signature("sha256")).signers.first?.digest == "SHA256")
    }

    @Test(arguments: [
        ("stranger", SignatureStatus.unknownKey), ("expired", .expiredKey), ("lapsed", .expiredKey),
        ("revoked", .revokedKey), ("sha1", .weakDigest), ("ripemd", .weakDigest), ("md5", .weakDigest),
        ("text", .bad), ("ended", .expiredSignature), ("future", .notYetValid), ("other", .bad),
        ("subkey0", .valid), ("subkey1", .revokedKey), ("subkey2", .expiredKey),
    ])
    func tellsVerdictsApart(_ name: String, _ status: SignatureStatus) throws {
        let report = try report(try samples.signature(name))
        #expect(report.status == status, "\(name): \(report.signers)")
        #expect(report.signers.map(\.status) == [status])
        #expect(report.signers.contains(where: \.trusted) == (status == .valid))
    }

    @Test func saysWhetherAnExpiredKeySignedInTime() throws {
        let expired = try report(samples.signature("expired")).signers.first
        #expect(expired?.madeWhileValid == true)
        #expect(expired?.keyExpires?.description == "2021-01-01T00:00:00Z")
        #expect(try report(samples.signature("lapsed")).signers.first?.madeWhileValid == false)
        #expect(try report(samples.signature("ada")).signers.first?.madeWhileValid == nil)
    }

    @Test func namesPrimaryKeyAndSubkey() throws {
        let signer = try report(samples.signature("subkey0")).signers.first
        #expect(signer?.fingerprint == samples.fingerprints[.certifier])
        #expect(signer?.signingKey == samples.subkeys.first)
    }

    @Test func namesTextModeAsTheReason() throws {
        #expect(try report(samples.signature("text")).signers.first?.reason == "text-mode signature")
        let changed = Array(String(decoding: samples.document, as: UTF8.self).replacing("\n", with: "\r\n").utf8)
        #expect(try report(samples.signature("text"), over: changed).status == .bad)
    }

    @Test(arguments: ["ada", "rsa", "ecdsa", "expired", "revoked", "sha1", "ended", "future", "subkey0"])
    func callsAChangedListBad(_ name: String) throws {
        var changed = samples.document
        changed[0] ^= 1
        let report = try report(try samples.signature(name), over: changed)
        #expect(report.status == .bad)
        #expect(report.signers.first?.fingerprint != nil)
    }

    @Test func neverTakesAChangedSignatureForValid() throws {
        let data = try #require(try Armor.decode(try samples.signature("ada")).first?.data)
        let hashedEnd = 8 + Int(data[6]) << 8 + Int(data[7])
        let keys = [try samples.trusted(.ada)]
        for position in Array(stride(from: 2, to: hashedEnd, by: 4)) + [data.count - 60, data.count - 1] {
            var changed = data
            changed[position] ^= 0x10
            let report = try report(Armor.encode(changed, as: .signature), keys: keys)
            #expect(report.status != .valid, "byte \(position)")
        }
    }

    @Test func judgesTimesByTheGivenClock() throws {
        let expired = try samples.signature("ada")
        let early = Timestamp(secondsSinceEpoch: SignatureSamples.later.secondsSinceEpoch - 601)
        let within = Timestamp(secondsSinceEpoch: SignatureSamples.later.secondsSinceEpoch - 600)
        #expect(try report(expired, now: early).status == .notYetValid)
        #expect(try report(expired, now: within).status == .valid)
        #expect(try report(samples.signature("future"), now: SignatureSamples.farFuture).status == .valid)
    }

    @Test func knowsNobodyWithoutKeys() throws {
        let report = try report(try samples.signature("ada"), keys: [])
        #expect(report.status == .unknownKey)
        #expect(report.signers.first?.fingerprint == nil)
        #expect(report.signers.first?.signingKey == samples.fingerprints[.ada])
    }

    @Test func trustsAKeyOnlyForItsPurpose() throws {
        let keys = [try samples.trusted(.ada, for: [.engines, .releases])]
        let model = try report(try samples.signature("ada"), keys: keys)
        #expect(model.status == .valid)
        #expect(model.signers.first?.trusted == false)
        #expect(try report(samples.signature("ada"), keys: keys, kind: "engine").signers.first?.trusted == true)
        #expect(try report(samples.signature("ada"), keys: keys, kind: "suite").signers.first?.trusted == false)
    }

    @Test(arguments: [
        ("stranger", SignatureStatus.valid), ("rsa", .valid), ("expired", .expiredKey), ("revoked", .revokedKey),
        ("sha1", .weakDigest), ("text", .bad), ("ended", .expiredSignature), ("future", .notYetValid), ("other", .bad),
    ])
    func judgesTwoSignaturesTogether(_ second: String, _ status: SignatureStatus) throws {
        let first = try samples.signature("ada")
        for both in [try first + samples.signature(second), try samples.signature(second) + first] {
            let report = try report(both)
            #expect(report.status == status)
            #expect(report.signers.count == 2)
        }
    }

    @Test func readsSeveralSignaturesInOneBlock() throws {
        let packets = try ["ada", "rsa", "stranger"].flatMap { name in
            try Armor.decode(try samples.signature(name)).flatMap(\.data)
        }
        let report = try report(Armor.encode(packets, as: .signature))
        #expect(report.signers.map(\.status) == [.valid, .valid, .unknownKey])
        #expect(report.status == .valid)
    }

    @Test func reportsAMalformedFile() throws {
        let report = try report(Array("not a signature\n".utf8))
        #expect(report.status == .bad)
        #expect(report.fault?.code == .signatureMalformed)
        #expect(report.signers.isEmpty)
    }

    @Test func showsEverySignerInJSON() throws {
        let report = try report(try samples.signature("expired") + samples.signature("stranger"))
        let signers = try #require(report.json(required: true)["signers"]?.array)
        #expect(signers.count == 2)
        #expect(
            signers[0].object?.keys.sorted() == [
                "createdAt", "digest", "fingerprint", "keyExpires", "madeWhileValid", "reason", "signingKey", "status",
                "trusted", "userID",
            ])
        #expect(signers[0]["createdAt"] == "2020-06-01T00:00:00Z")
        #expect(signers[0]["status"] == "expired-key")
        #expect(signers[1]["fingerprint"] == .null)
    }
}
