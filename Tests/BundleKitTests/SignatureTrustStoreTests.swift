// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import BundleKit

@Suite final class SignatureTrustStoreTests {
    private let samples: SignatureSamples
    private let place: URL
    private let store: TrustStore
    private let now = SignatureSamples.afterExpiry

    init() throws {
        samples = try SignatureSamples.shared.get()
        place = FileManager.default.temporaryDirectory.appendingPathComponent("bgt-\(UUID().uuidString)")
        store = TrustStore(folder: try Folder.open(making: FilePath(place.path)))
    }

    deinit {
        try? FileManager.default.removeItem(at: place)
    }

    @discardableResult
    private func add(
        _ name: SignatureSamples.Name, _ purposes: Set<KeyPurpose> = [.models], expecting fingerprint: String? = nil
    ) throws -> (key: TrustedKey, info: KeyInfo, wasKnown: Bool) {
        try store.add(
            try #require(samples.publicKeys[name]), purposes: purposes, expectedFingerprint: fingerprint, by: "eve",
            at: now)
    }

    private func code(_ body: () throws -> Void) -> BundleError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? BundleError)?.code
        }
    }

    @Test func startsEmptyAndUnlatched() throws {
        #expect(try store.list().isEmpty)
        #expect(try !store.isLatched())
    }

    @Test func takesAnEmptyFolderOfALatchedStoreForDamage() throws {
        let latched = TrustStore(folder: try Folder.open(FilePath(place.path)), isLatched: true)
        #expect(code { _ = try latched.list() } == .trustUnreadable)
        #expect(code { _ = try latched.isLatched() } == .trustUnreadable)
        try add(.ada)
        #expect(try latched.list().count == 1)
    }

    @Test func keepsWhatWasAdded() throws {
        let added = try add(.ada, [.models, .trust])
        #expect(!added.wasKnown)
        #expect(added.info.algorithm == "ed25519")
        #expect(added.info.createdAt == SignatureSamples.made)
        let key = try #require(try store.list().first)
        #expect(key == added.key)
        #expect(key.fingerprint == samples.fingerprints[.ada])
        #expect(key.userIDs == ["ada <ada@example.test>"])
        #expect(key.purposes == [.models, .trust])
        #expect(key.addedAt == now)
        #expect(key.addedBy == "eve")
        #expect(try store.isLatched())
        let report = try SignatureVerifier.verify(
            signature: samples.signature("ada"), over: samples.document, keys: store.list(), kind: "model", now: .now)
        #expect(report.status == .valid)
    }

    @Test func writesPlainFiles() throws {
        let fingerprint = try add(.ada).key.fingerprint
        let json = try JSONValue(strict: Array(Data(contentsOf: place.appendingPathComponent("keys.json"))))
        #expect(json["latched"] == true)
        #expect(json["schemaVersion"] == 1)
        #expect(json["keys"]?.array?.first?["fingerprint"]?.string == fingerprint)
        #expect(json["keys"]?.array?.first?["purposes"] == ["models"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).sorted() == ["keys", "keys.json"])
        let ring = try KeyRing()
        try ring.importKeys(Array(Data(contentsOf: place.appendingPathComponent("keys/\(fingerprint).asc"))))
        #expect(try ring.verifies(samples.signature("ada"), over: samples.document, by: [fingerprint]))
    }

    @Test func staysLatchedWhenTheLastKeyGoes() throws {
        try add(.ada)
        let removed = try store.remove("ada@example.test")
        #expect(removed.fingerprint == samples.fingerprints[.ada])
        #expect(try store.list().isEmpty)
        #expect(try store.isLatched())
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path + "/keys").isEmpty)
    }

    @Test func findsKeysByFingerprintEndAndAddress() throws {
        try add(.ada)
        try add(.certifier)
        let ada = try samples.fingerprint(.ada)
        for name in [ada, ada.lowercased(), "0x" + ada.suffix(16), String(ada.suffix(8)), "Ada@Example.Test"] {
            #expect(try store.key(named: name).fingerprint == ada)
        }
        #expect(try store.key(named: samples.subkeys[0]).fingerprint == samples.fingerprints[.certifier])
        #expect(try store.show("ada@example.test").info.fingerprint == ada)
        #expect(code { _ = try store.key(named: "example.test@") } == .keyNotFound)
        #expect(code { _ = try store.key(named: String(repeating: "0", count: 40)) } == .keyNotFound)
        #expect(code { _ = try store.remove("nobody@example.test") } == .keyNotFound)
        #expect(code { _ = try store.key(named: String(ada.suffix(7))) } == .invalidRequest)
        #expect(code { _ = try store.key(named: "ada") } == .invalidRequest)
    }

    @Test func wantsTheFingerprintThatIsVouchedFor() throws {
        let ada = try samples.fingerprint(.ada)
        #expect(code { try add(.ada, expecting: try samples.fingerprint(.rsa)) } == .keyFingerprint)
        #expect(code { try add(.ada, expecting: String(ada.suffix(16))) } == .keyFingerprint)
        #expect(try !store.isLatched())
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
        var spaced = ada.lowercased()
        spaced.insert(" ", at: spaced.index(spaced.startIndex, offsetBy: 20))
        #expect(try add(.ada, expecting: spaced).key.fingerprint == ada)
    }

    @Test func refusesWhatIsNotOnePublicKey() throws {
        func refusal(_ bytes: [UInt8]) -> BundleError.Code? {
            code { _ = try store.add(bytes, purposes: [.models], expectedFingerprint: nil, by: "eve", at: now) }
        }
        let ada = try #require(samples.publicKeys[.ada])
        #expect(refusal(samples.secretKey) == .keyMalformed)
        #expect(refusal(ada + (try #require(samples.publicKeys[.rsa]))) == .keyMalformed)
        #expect(refusal(ada + samples.secretKey) == .keyMalformed)
        #expect(refusal(try samples.signature("ada")) == .keyMalformed)
        #expect(refusal([]) == .keyMalformed)
        #expect(refusal(Array("hello".utf8)) == .keyMalformed)
        #expect(refusal([0x99, 0x01]) == .keyMalformed)
        #expect(refusal(ada + [UInt8](repeating: 0x0A, count: 1 << 20)) == .keyMalformed)
        let packets = try PublicKeyBlock(reading: ada).packets
        let primary = try #require(try OpenPGPPacket.split(packets, limit: 100).first)
        #expect(refusal(primary.raw) == .keyMalformed)
        #expect(try !store.isLatched())
    }

    @Test func takesKeysWithoutArmor() throws {
        let packets = try PublicKeyBlock(reading: try #require(samples.publicKeys[.ada])).packets
        let added = try store.add(packets, purposes: [.models], expectedFingerprint: nil, by: "eve", at: now)
        #expect(added.key.fingerprint == samples.fingerprints[.ada])
    }

    @Test func showsAKeyBeforeItIsTrusted() throws {
        let info = try TrustStore.inspect(try #require(samples.publicKeys[.certifier]))
        #expect(info.fingerprint == samples.fingerprints[.certifier])
        #expect(info.keys.dropFirst().map(\.fingerprint) == samples.subkeys)
        #expect(info.keys.dropFirst().map(\.isRevoked) == [false, true, false])
        #expect(info.keys.last?.expiresAt?.description == "2021-01-01T00:00:00Z")
        let revoked = try TrustStore.inspect(try #require(samples.publicKeys[.revoked]))
        #expect(revoked.isRevoked)
        #expect(revoked.userIDs == ["revoked <revoked@example.test>"])
        #expect(try TrustStore.inspect(try #require(samples.publicKeys[.rsa])).algorithm == "rsa2048")
    }

    @Test func refreshesWithoutLosingRevocationsOrPurposes() throws {
        let ring = try KeyRing()
        let fingerprint = try ring.makeKey("zoe <zoe@example.test>", at: SignatureSamples.made)
        let fresh = try ring.publicKey(fingerprint)
        let signature = try ring.sign(samples.document, with: fingerprint, at: SignatureSamples.later)
        func add(_ bytes: [UInt8], _ purposes: Set<KeyPurpose>, by user: String, at time: Timestamp) throws -> Bool {
            try store.add(bytes, purposes: purposes, expectedFingerprint: fingerprint, by: user, at: time).wasKnown
        }
        #expect(try !add(fresh, [.models], by: "eve", at: now))
        try ring.revoke(fingerprint)
        #expect(try add(ring.publicKey(fingerprint), [.engines], by: "bob", at: .now))
        #expect(try add(fresh, [.models], by: "bob", at: .now))
        let key = try #require(try store.list().first)
        #expect(key.purposes == [.models, .engines])
        #expect(key.addedBy == "eve")
        #expect(key.addedAt == now)
        #expect(try store.show(fingerprint).info.isRevoked)
        let report = try SignatureVerifier.verify(
            signature: signature, over: samples.document, keys: [key], kind: "model", now: .now)
        #expect(report.status == .revokedKey)
    }

    /// The files of a store that trusts two keys, by their paths in it.
    private static let twoKeys = Result {
        let suite = try SignatureTrustStoreTests()
        var files: [String: Data] = [:]
        for name in [SignatureSamples.Name.ada, .rsa] {
            let path = "keys/\(try suite.add(name).key.fingerprint).asc"
            files[path] = try Data(contentsOf: suite.place.appendingPathComponent(path))
        }
        files["keys.json"] = try Data(contentsOf: suite.place.appendingPathComponent("keys.json"))
        return files
    }

    @Test(arguments: [
        "no records", "no folder", "no key", "another key", "truncated key", "two keys", "broken JSON", "other schema",
        "not latched", "unknown purpose", "link",
    ])
    func neverTakesDamageForNoKeys(_ damage: String) throws {
        let (ada, rsa) = (try samples.fingerprint(.ada), try samples.fingerprint(.rsa))
        for (name, bytes) in try Self.twoKeys.get() {
            let file = place.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try bytes.write(to: file)
        }
        try #require(try store.list().count == 2)
        let records = place.appendingPathComponent("keys.json")
        let key = place.appendingPathComponent("keys/\(ada).asc")
        let other = place.appendingPathComponent("keys/\(rsa).asc")
        func rewrite(_ old: String, _ new: String) throws {
            let text = try String(contentsOf: records, encoding: .utf8)
            try #require(text.contains(old))
            try text.replacingOccurrences(of: old, with: new).write(to: records, atomically: true, encoding: .utf8)
        }
        switch damage {
        case "no records": try FileManager.default.removeItem(at: records)
        case "no folder": try FileManager.default.removeItem(at: key.deletingLastPathComponent())
        case "no key": try FileManager.default.removeItem(at: key)
        case "another key": try Data(contentsOf: other).write(to: key)
        case "truncated key": try Data(contentsOf: key).prefix(200).write(to: key)
        case "two keys": try (Data(contentsOf: key) + Data(contentsOf: other)).write(to: key)
        case "broken JSON": try Data("{".utf8).write(to: records)
        case "other schema": try rewrite("\"schemaVersion\": 1", "\"schemaVersion\": 2")
        case "not latched": try rewrite("\"latched\": true", "\"latched\": false")
        case "unknown purpose": try rewrite("\"models\"", "\"everything\"")
        default:
            try FileManager.default.moveItem(at: key, to: place.appendingPathComponent("elsewhere"))
            try FileManager.default.createSymbolicLink(
                at: key, withDestinationURL: place.appendingPathComponent("elsewhere"))
        }
        #expect(code { _ = try store.list() } == .trustUnreadable)
        #expect(code { try self.add(.ecdsa) } == .trustUnreadable)
        #expect(BundleError(.trustUnreadable, "").exitStatus == .environment)
    }
}
