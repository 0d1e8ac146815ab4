// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// A package that comes again: what was found of its signatures when it came in counts, unless a key is revoked.
struct RecordedVerdictTests {
    /// A host that holds `tiny:1`, signed by a key that was trusted then, and has `other:1` by the same key at hand.
    private struct Vault {
        let ring: KeyRing
        let key: String
        let site: Site

        init() throws {
            ring = try KeyRing()
            key = try ring.makeKey("Ada <ada@example.test>", at: Timestamp("2019-01-01T00:00:00Z"))
            site = try Site(gnupg: ring)
            try trust(key)
            for name in ["tiny", "other"] {
                expect(
                    try site.baigo(
                        "export", Site.model, "-o", "\(name).baimodel", "--name", name, "--version", "1", "--key", key),
                    endsWith: .done)
            }
            expect(
                try site.shell("cp tiny.baimodel bare.baimodel; zip -q -d bare.baimodel checksums.txt.asc"),
                endsWith: .done)
            expect(try site.baigo("import", "tiny.baimodel", "--yes"), endsWith: .done)
        }

        func trust(_ key: String) throws {
            try site.write(Data(try ring.publicKey(key)), to: "key.asc")
            expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", key), endsWith: .done)
        }

        /// Lets the key end, in a copy that the host knows.
        func expire(_ key: String) throws {
            try ring.setExpiry(of: key, to: "20210101T000000", at: Timestamp("2020-01-01T00:00:00Z"))
            try trust(key)
        }

        func present(_ file: String, location: SourceLocation = #_sourceLocation) throws -> ProgramResult {
            let result = try site.baigo("import", file, "--yes", "--json")
            expect(result, endsWith: .done, location)
            #expect(try result.json["outcome"] == "present", sourceLocation: location)
            return result
        }
    }

    @Test func aKeyThatEndedSinceStopsNoPackageThatIsThere() throws {
        let vault = try Vault()
        try vault.expire(vault.key)
        let site = vault.site
        let receipt = try site.baigo("show", "tiny", "--json").json["receipt"]
        expect(
            try site.baigo("verify", "tiny.baimodel", "--json"), endsWith: .signature,
            identifier: "signature.expired-key")
        expect(
            try site.baigo("import", "other.baimodel", "--yes", "--json"), endsWith: .signature,
            identifier: "signature.expired-key")
        for file in ["tiny.baimodel", "bare.baimodel"] {
            let again = try vault.present(file)
            #expect(try again.json["warnings"]?.array?.map { $0["identifier"] } == ["signature.recorded"])
            expect(try site.baigo("ingest", file, "--all-or-nothing"), endsWith: .done)
            expect(try site.baigo("trust", "policy", "explain", file), endsWith: .done)
            expect(try site.shell("cat \(file) | \"$BAIGO\" import - --yes"), endsWith: .done)
        }
        // Nothing has changed but the log, which says why.
        #expect(try site.baigo("show", "tiny", "--json").json["receipt"] == receipt)
        let line = try #require(
            try site.baigo("audit", "show", "--kind", "present", "--json").text.split(separator: "\n").last)
        let details = try JSONValue(strict: Array(line.utf8))["details"]
        #expect(details?["recorded"] == receipt?["importedAt"])
        #expect(details?["signature"] == "none")
        // The rules of today hold all the same.
        expect(try site.baigo("trust", "policy", "set", "signature.threshold", "1"), endsWith: .done)
        _ = try vault.present("bare.baimodel")
        expect(try site.baigo("trust", "policy", "set", "signature.threshold", "2"), endsWith: .done)
        expect(
            try site.baigo("import", "tiny.baimodel", "--yes", "--json"), endsWith: .policy,
            identifier: "policy.threshold")
        expect(try site.baigo("trust", "policy", "set", "signature.threshold", "0"), endsWith: .done)
        expect(try site.baigo("trust", "policy", "set", "size.package", "1000"), endsWith: .done)
        expect(
            try site.baigo("import", "tiny.baimodel", "--yes", "--json"), endsWith: .policy,
            identifier: "policy.size")
    }

    @Test func aRevocationIsWorthMoreThanTheReceipt() throws {
        let vault = try Vault()
        try vault.ring.revoke(vault.key)
        try vault.trust(vault.key)
        for (file, identifier) in [
            ("tiny.baimodel", "signature.revoked-key"), ("bare.baimodel", "signature.missing"),
        ] {
            expect(
                try vault.site.baigo("import", file, "--yes", "--json"), endsWith: .signature, identifier: identifier)
        }
    }

    @Test func aKeyThatWasRemovedIsNoRevocation() throws {
        let vault = try Vault()
        expect(try vault.site.baigo("trust", "remove", vault.key, "--yes"), endsWith: .done)
        let again = try vault.present("tiny.baimodel")
        #expect(try again.json["warnings"]?.array?.map { $0["identifier"] } == ["signature.recorded"])
        expect(
            try vault.site.baigo("import", "other.baimodel", "--yes", "--json"), endsWith: .signature,
            identifier: "signature.unknown-key")
    }

    @Test func aBadSignatureStaysBad() throws {
        let vault = try Vault()
        let script = """
            cp tiny.baimodel bad.baimodel; unzip -q bad.baimodel checksums.txt
            echo >> checksums.txt
            gpg --batch --quiet --armor --local-user \(vault.key) --detach-sign checksums.txt
            zip -q -0 -X bad.baimodel checksums.txt.asc
            """
        expect(try vault.site.shell(script), endsWith: .done)
        expect(
            try vault.site.baigo("import", "bad.baimodel", "--yes", "--json"), endsWith: .signature,
            identifier: "signature.bad")
    }

    @Test func aPackageThatCameInUnsignedIsUnsignedStill() throws {
        let vault = try Vault()
        let site = vault.site
        expect(
            try site.baigo("export", Site.model, "-o", "plain.baimodel", "--name", "plain", "--version", "1"),
            endsWith: .done)
        expect(try site.baigo("import", "plain.baimodel", "--yes", "--allow-unsigned"), endsWith: .done)
        expect(
            try site.baigo("import", "plain.baimodel", "--yes", "--json"), endsWith: .signature,
            identifier: "signature.missing")
        expect(try site.baigo("import", "plain.baimodel", "--yes", "--allow-unsigned"), endsWith: .done)
    }

    @Test func signersThatWereAddedStayBesideTheFirstOnes() throws {
        let vault = try Vault()
        let site = vault.site
        let bob = try vault.ring.makeKey("Bob <bob@example.test>", at: Timestamp("2019-01-01T00:00:00Z"))
        try vault.trust(bob)
        expect(try site.shell("cp bare.baimodel bob.baimodel"), endsWith: .done)
        expect(try site.baigo("sign", "bob.baimodel", "--key", bob), endsWith: .done)
        let added = try site.baigo("import", "bob.baimodel", "--yes", "--json")
        expect(added, endsWith: .done)
        #expect(try added.json["outcome"] == "signatures-added")
        let signers = try site.baigo("show", "tiny", "--json").json["receipt"]?["signature"]?["signers"]?.array ?? []
        #expect(Set(signers.compactMap { $0["fingerprint"]?.string }) == [vault.key, bob])
        expect(try site.baigo("trust", "policy", "set", "signature.threshold", "2"), endsWith: .done)
        _ = try vault.present("bob.baimodel")
        try vault.expire(vault.key)
        _ = try vault.present("bob.baimodel")
        _ = try vault.present("bare.baimodel")
    }
}
