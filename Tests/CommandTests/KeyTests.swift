// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Keys that travel between hosts, and their revocation.
struct KeyTests {
    /// A closed host that trusts a key and has two models by it, one of them active in an older version.
    private func site(_ ring: KeyRing, _ fingerprint: String) throws -> Site {
        let site = try Site(gnupg: ring)
        try site.write(Data(try ring.publicKey(fingerprint)), to: "key.asc")
        for (name, version) in [("tiny", "1"), ("tiny", "2"), ("other", "1")] {
            expect(
                try site.baigo(
                    "export", Site.model, "-o", "m.baimodel", "--force", "--name", name, "--version", version, "--key",
                    fingerprint), endsWith: .done)
            if !site.exists("home") {
                expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", fingerprint), endsWith: .done)
            }
            expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
        }
        return site
    }

    /// The certificate that gpg made with the key, ready for use.
    private func certificate(_ ring: KeyRing, _ fingerprint: String) throws -> Data {
        let text = try String(contentsOfFile: "\(ring.home)/openpgp-revocs.d/\(fingerprint).rev", encoding: .utf8)
        let start = try #require(text.range(of: ":-----BEGIN"))
        return Data(text[start.lowerBound...].dropFirst().utf8)
    }

    @Test func exportsKeysForOtherHosts() throws {
        let ring = try KeyRing()
        let ada = try ring.makeKey("Ada <ada@example.test>")
        let bob = try ring.makeKey("Bob <bob@example.test>", algorithm: "rsa2048")
        let site = try Site()
        for key in [ada, bob] {
            try site.write(Data(try ring.publicKey(key)), to: "key.asc")
            expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", key), endsWith: .done)
        }
        expect(try site.baigo("trust", "export", "ada@example.test", "-o", "ada.asc"), endsWith: .done)
        let other = try Site()
        expect(
            try other.baigo("trust", "add", site.path("ada.asc"), "--fingerprint", ada, "--json"), endsWith: .done)
        let all = try site.baigo("trust", "export")
        try site.write(all.output, to: "all.asc")
        let shown = try ring.gpgResult(["--show-keys", "--with-colons", site.path("all.asc")]).output
        for key in [ada, bob] { #expect(shown.contains(key)) }
        #expect(try site.baigo("trust", "export", bob, "--json").json["keys"]?.array?.count == 1)
        expect(
            try site.baigo("trust", "export", "-o", "ada.asc", "--json"), endsWith: .usage, identifier: "file.exists")
        expect(
            try site.baigo("trust", "export", "eve@example.test", "--json"), endsWith: .notFound,
            identifier: "key.not-found")
    }

    @Test func takesARevocationAndNamesTheModelsItTouches() throws {
        let ring = try KeyRing()
        let fingerprint = try ring.makeKey("Ada <ada@example.test>")
        let site = try site(ring, fingerprint)
        try site.write(try certificate(ring, fingerprint), to: "key.rev")
        expect(
            try site.baigo("trust", "add", "--revocation", "key.rev", "--json"), endsWith: .usage,
            identifier: "usage.confirmation")
        expect(
            try site.baigo(
                "trust", "add", "--revocation", "key.rev", "--json", "--fingerprint", String(repeating: "0", count: 40)),
            endsWith: .signature, identifier: "key.fingerprint")
        expect(try site.baigo("verify", "m.baimodel"), endsWith: .done)
        let revoked = try site.baigo(
            "trust", "add", "--revocation", "key.rev", "--fingerprint", fingerprint, "--json")
        expect(revoked, endsWith: .done)
        let json = try revoked.json
        #expect(json["key"]?["revoked"] == true)
        let affected = json["affected"]?.array ?? []
        #expect(affected.count == 3)
        #expect(affected.count { $0["active"] == true } == 2)
        expect(
            try site.baigo("verify", "m.baimodel", "--json"), endsWith: .signature, identifier: "signature.revoked-key")
        expect(
            try site.baigo("import", "m.baimodel", "--yes", "--json"), endsWith: .signature,
            identifier: "signature.revoked-key")
        let lines = try site.baigo("audit", "show", "--operation", "trust.revoke", "--json").text
        #expect(lines.contains(fingerprint) && lines.contains("\"result\":\"done\""))
        expect(try site.baigo("audit", "verify"), endsWith: .done)
        // An older copy of the key takes nothing back.
        expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", fingerprint), endsWith: .done)
        expect(try site.baigo("verify", "m.baimodel"), endsWith: .signature)
        // The revocation travels with the key.
        expect(try site.baigo("trust", "export", "-o", "revoked.asc"), endsWith: .done)
        let other = try Site()
        expect(
            try other.baigo("trust", "add", site.path("revoked.asc"), "--fingerprint", fingerprint), endsWith: .done)
        expect(
            try other.baigo("verify", site.path("m.baimodel"), "--json"), endsWith: .signature,
            identifier: "signature.revoked-key")
    }

    @Test func refusesARevocationThatTheKeyDidNotMake() throws {
        let ring = try KeyRing()
        let ada = try ring.makeKey("Ada <ada@example.test>")
        let eve = try ring.makeKey("Eve <eve@example.test>")
        let site = try Site()
        try site.write(Data(try ring.publicKey(ada)), to: "key.asc")
        expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", ada), endsWith: .done)
        let state = try site.snapshot("home/trust")
        try site.write(try certificate(ring, eve), to: "eve.rev")
        expect(
            try site.baigo("trust", "add", "--revocation", "eve.rev", "--fingerprint", ada, "--json"),
            endsWith: .notFound, identifier: "key.not-found")
        // Eve's certificate with Ada's name on it.
        let forged = try ring.gpg(["--dearmor"], input: Array(try certificate(ring, eve)))
        let adaID = stride(from: 0, to: 40, by: 2).map { Array(ada)[$0...($0 + 1)] }
            .compactMap { UInt8(String($0), radix: 16) }
        let eveID = stride(from: 0, to: 40, by: 2).map { Array(eve)[$0...($0 + 1)] }
            .compactMap { UInt8(String($0), radix: 16) }
        let named = Self.replacing(Self.replacing(forged, eveID, adaID), Array(eveID.suffix(8)), Array(adaID.suffix(8)))
        try site.write(Data(named), to: "forged.rev")
        expect(
            try site.baigo("trust", "add", "--revocation", "forged.rev", "--fingerprint", ada, "--json"),
            endsWith: .invalidContent, identifier: "key.malformed")
        for wrong in [Data("no certificate".utf8), Data(try ring.publicKey(ada)), Data()] {
            try site.write(wrong, to: "wrong.rev")
            expect(
                try site.baigo("trust", "add", "--revocation", "wrong.rev", "--fingerprint", ada, "--json"),
                endsWith: .invalidContent, identifier: "key.malformed")
        }
        #expect(try site.snapshot("home/trust") == state)
        expect(try site.baigo("trust", "add"), endsWith: .usage)
        expect(try site.baigo("trust", "add", "key.asc", "--revocation", "eve.rev"), endsWith: .usage)
    }

    private static func replacing(_ bytes: [UInt8], _ old: [UInt8], _ new: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var start = 0
        while start + old.count <= bytes.count {
            if bytes[start..<(start + old.count)].elementsEqual(old) {
                bytes.replaceSubrange(start..<(start + old.count), with: new)
            }
            start += 1
        }
        return bytes
    }

    @Test func showsAKeyAndAsksBeforeItCounts() throws {
        let ring = try KeyRing()
        let ada = try ring.makeKey("Ada <ada@example.test>")
        let site = try Site()
        try site.write(Data(try ring.publicKey(ada)), to: "key.asc")
        let nobody = try site.baigo("trust", "add", "key.asc", "--json")
        expect(nobody, endsWith: .usage)
        #expect(nobody.errorOutput.contains("--fingerprint \(ada)"))
        #expect(!site.exists("home"))
        func answering(_ answer: String) throws -> ProgramResult {
            try site.shell("printf '\(answer)\\n' | script -qec \"'$BAIGO' trust add key.asc\" /dev/null")
        }
        let no = try answering("n")
        #expect(no.status == 1)
        for shown in [ada, "Ada <ada@example.test>", "Trust this key for models? [y/N]"] {
            #expect(no.text.contains(shown), "\(no)")
        }
        #expect(try site.baigo("trust", "list", "--json").json["keys"] == [])
        expect(try answering("y"), endsWith: .done)
        #expect(try site.baigo("trust", "list", "--json").json["keys"]?.array?.first?["fingerprint"]?.string == ada)
    }
}
