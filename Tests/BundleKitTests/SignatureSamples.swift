// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import TestSupport

@testable import BundleKit

/// Keys and signatures of every kind, made once a run by plain gpg; their homes are gone before the first test.
struct SignatureSamples {
    static let shared = Result { try SignatureSamples() }

    /// The names of the signers.
    enum Name: String, CaseIterable {
        case ada, rsa, ecdsa, stranger, expired, lapsed, revoked, certifier
    }

    static let made = Timestamp(secondsSinceEpoch: 1_577_836_800)  // 2020-01-01
    static let later = Timestamp(secondsSinceEpoch: 1_590_969_600)  // 2020-06-01
    static let afterExpiry = Timestamp(secondsSinceEpoch: 1_640_995_200)  // 2022-01-01
    static let farFuture = Timestamp(secondsSinceEpoch: 4_102_444_800)  // 2100-01-01, beyond 2038

    let document = Array("\(String(repeating: "0", count: 64))  manifest.json\n".utf8)
    var fingerprints: [Name: String] = [:]
    var publicKeys: [Name: [UInt8]] = [:]
    var secretKey: [UInt8] = []
    /// Fingerprints of the certifier's subkeys: one that is fine, one revoked, one that ended in 2021.
    var subkeys: [String] = []
    var signatures: [String: [UInt8]] = [:]

    init() throws {
        let ring = try KeyRing()
        try makeKeys(in: ring)
        try makeSignatures(in: ring)
        for (name, fingerprint) in fingerprints where name != .revoked {
            publicKeys[name] = try ring.publicKey(fingerprint)
        }
        if let revoked = fingerprints[.revoked] {
            try ring.revoke(revoked)
            publicKeys[.revoked] = try ring.publicKey(revoked)
        }
    }

    private mutating func makeKeys(in ring: KeyRing) throws {
        for name in Name.allCases {
            let algorithm = name == .rsa ? "rsa2048" : name == .ecdsa ? "nistp256" : "ed25519"
            fingerprints[name] = try ring.makeKey(
                "\(name.rawValue) <\(name.rawValue)@example.test>", algorithm: algorithm,
                usage: name == .certifier ? "cert" : "sign", expires: name == .expired ? "20210101T000000" : "never",
                at: Self.made)
        }
        let certifier = try fingerprint(.certifier)
        for expires in ["never", "never", "20210101T000000"] {
            subkeys.append(try ring.addSigningSubkey(to: certifier, expires: expires, at: Self.made))
        }
        secretKey = try ring.secretKey(try fingerprint(.stranger))
    }

    private mutating func makeSignatures(in ring: KeyRing) throws {
        for name in Name.allCases where name != .certifier && name != .lapsed {
            signatures[name.rawValue] = try ring.sign(document, with: try fingerprint(name), at: Self.later)
        }
        let ada = try fingerprint(.ada)
        let kinds: [(String, [String])] = [
            ("sha1", ["--digest-algo", "SHA1"]), ("ripemd", ["--digest-algo", "RIPEMD160"]),
            ("sha256", ["--digest-algo", "SHA256"]), ("text", ["--textmode"]),
            ("ended", ["--default-sig-expire", "1d"]),
        ]
        for (kind, options) in kinds {
            signatures[kind] = try ring.sign(document, with: ada, options: options, at: Self.later)
        }
        signatures["md5"] = try ring.sign(
            document, with: try fingerprint(.rsa), options: ["--digest-algo", "MD5", "--allow-weak-digest-algos"],
            at: Self.later)
        signatures["future"] = try ring.sign(document, with: ada, at: Self.farFuture)
        signatures["other"] = try ring.sign(document + [10], with: ada, at: Self.later)
        for (index, subkey) in subkeys.enumerated() {
            signatures["subkey\(index)"] = try ring.sign(document, with: subkey + "!", at: Self.later)
        }
        try ring.revokeSubkey(2, of: try fingerprint(.certifier), at: Self.afterExpiry)
        signatures["lapsed"] = try ring.sign(document, with: try fingerprint(.lapsed), at: Self.afterExpiry)
        try ring.setExpiry(of: try fingerprint(.lapsed), to: "20210101T000000", at: Self.later)
    }

    func fingerprint(_ name: Name) throws -> String {
        guard let fingerprint = fingerprints[name] else { throw KeyRingFailure(what: "no key \(name)") }
        return fingerprint
    }

    func signature(_ name: String) throws -> [UInt8] {
        guard let signature = signatures[name] else { throw KeyRingFailure(what: "no signature \(name)") }
        return signature
    }

    /// A key that is trusted for models, or for what is asked.
    func trusted(_ name: Name, for purposes: Set<KeyPurpose> = [.models]) throws -> TrustedKey {
        guard let bytes = publicKeys[name] else { throw KeyRingFailure(what: "no key \(name)") }
        return TrustedKey(
            block: try PublicKeyBlock(reading: bytes), userIDs: [name.rawValue], purposes: purposes,
            addedAt: Self.later, addedBy: "tester")
    }

    /// All sample keys but the stranger's.
    func allTrusted() throws -> [TrustedKey] {
        try Name.allCases.filter { $0 != .stranger }.map { try trusted($0) }
    }
}
