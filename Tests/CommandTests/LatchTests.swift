// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What a host demands once it has trusted a key, and what it says when its keys or its clock are not right.
struct LatchTests {
    /// A host that trusts a key, and an unsigned and a signed package.
    private func site(_ ring: KeyRing, _ key: String) throws -> Site {
        let site = try Site(gnupg: ring)
        try site.write(Data(try ring.publicKey(key)), to: "key.asc")
        for (name, options) in [("plain", [String]()), ("signed", ["--key", key])] {
            expect(
                try site.baigo(
                    ["export", Site.model, "-o", "\(name).baimodel", "--name", name, "--version", "1"] + options),
                endsWith: .done)
        }
        expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", key), endsWith: .done)
        return site
    }

    private func both(_ site: Site, _ package: String, _ status: BaigoCore.ExitStatus, _ identifier: String) throws {
        expect(try site.baigo("verify", package, "--json"), endsWith: status, identifier: identifier)
        expect(try site.baigo("import", package, "--yes", "--json"), endsWith: status, identifier: identifier)
        #expect(!site.exists("home/models/_"))
    }

    @Test func signaturesStayRequiredWhenTheLastKeyIsGone() throws {
        let ring = try KeyRing()
        let key = try ring.makeKey("Ada <ada@example.test>")
        let site = try site(ring, key)
        try both(site, "plain.baimodel", .signature, "signature.missing")
        expect(try site.baigo("trust", "remove", key, "--yes"), endsWith: .done)
        try both(site, "plain.baimodel", .signature, "signature.missing")
        try both(site, "signed.baimodel", .signature, "signature.unknown-key")
        let allowed = try site.baigo("import", "plain.baimodel", "--yes", "--allow-unsigned", "--json")
        expect(allowed, endsWith: .done)
        #expect(try allowed.json["model"]?["trusted"] == false)
        expect(try site.baigo("trust", "policy", "set", "signature.required", "never"), endsWith: .done)
        expect(try site.baigo("import", "signed.baimodel", "--yes"), endsWith: .done)
        let log = try site.baigo("audit", "show", "--operation", "policy.set", "--json").text
        #expect(log.contains("\"releasesSignature\":true"))
    }

    @Test(arguments: [
        "rm -r home/trust", "rm home/trust/keys.json", "echo x > home/trust/keys.json", "rm home/trust/keys/*",
        "rm -r home/trust/*", "echo x > home/trust/keys/$(ls home/trust/keys)",
        "printf '{' > home/trust/update.json",
    ])
    func damageOfTheKeyRingIsNeverNoKeys(_ damage: String) throws {
        let ring = try KeyRing()
        let site = try site(ring, try ring.makeKey("Ada <ada@example.test>"))
        expect(try site.shell(damage), endsWith: .done)
        for package in ["plain.baimodel", "signed.baimodel"] {
            try both(site, package, .environment, "trust.unreadable")
        }
        expect(
            try site.baigo("import", "plain.baimodel", "--yes", "--allow-unsigned", "--json"), endsWith: .environment,
            identifier: "trust.unreadable")
    }

    @Test func refusesToWriteBeforeTheLastLineOfTheLog() throws {
        let ring = try KeyRing()
        let site = try site(ring, try ring.makeKey("Ada <ada@example.test>"))
        let log = "home/audit/audit.jsonl"
        expect(
            try site.shell("sed -i '$ s/\"time\":\"[^\"]*\"/\"time\":\"2999-01-01T00:00:00Z\"/' \(log)"),
            endsWith: .done)
        let before = try site.contents(log)
        expect(
            try site.baigo("import", "signed.baimodel", "--yes", "--json"), endsWith: .environment,
            identifier: "environment.clock")
        expect(
            try site.baigo("trust", "add", "key.asc", "--fingerprint", "0", "--json"), endsWith: .environment,
            identifier: "environment.clock")
        #expect(try site.contents(log) == before)
        #expect(!site.exists("home/models/_"))
        expect(try site.baigo("verify", "signed.baimodel"), endsWith: .done)
        expect(try site.baigo("audit", "verify"), endsWith: .done)
    }

    @Test func judgesNothingBeforeTheProgramWasMade() throws {
        let ring = try KeyRing()
        let site = try site(ring, try ring.makeKey("Ada <ada@example.test>"))
        let before = try site.snapshot("home")
        expect(try site.shell("cp \"$BAIGO\" made-later && touch -d 2099-01-01 made-later"), endsWith: .done)
        for command in ["verify signed.baimodel", "import signed.baimodel --yes", "import plain.baimodel --yes"] {
            let run = "LD_LIBRARY_PATH=$(dirname \"$BAIGO\") ./made-later \(command) --json"
            expect(try site.shell(run), endsWith: .environment, identifier: "environment.clock")
        }
        #expect(try site.snapshot("home") == before)
        expect(try site.baigo("verify", "signed.baimodel"), endsWith: .done)
    }
}
