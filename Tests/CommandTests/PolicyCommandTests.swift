// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// `baigo trust policy`, and what the policy of a store makes of signatures.
struct PolicyCommandTests {
    private func write(_ text: String, to site: Site, as name: String = "policy.toml") throws {
        try site.write(Data(("schema = 1\n" + text).utf8), to: name)
    }

    @Test func showsEachValueAndWhereItComesFrom() throws {
        let site = try Site()
        let defaults = try site.baigo("trust", "policy", "show", "--json")
        expect(defaults, endsWith: .done)
        #expect(try defaults.json["digest"] == .null)
        #expect(!site.exists("home"))
        try write("[signature]\nrequired = \"always\"\n", to: site)
        expect(try site.baigo("trust", "policy", "set", "policy.toml"), endsWith: .done)
        let shown = try site.baigo("trust", "policy", "show", "--json").json
        let value = shown["values"]?.array?.first { $0["key"] == "signature.required" }
        #expect(value?["value"] == "always")
        #expect(value?["from"]?.array?.count == 1)
        #expect(shown["signatureRequired"] == true)
        let digest = try site.shell("sha256sum home/policy.toml | cut -c-64 | tr -d '\\n'").text
        #expect(shown["files"]?.array?.first?["sha256"]?.string == digest)
        #expect(
            shown["digest"]?.string == "sha256:"
                + (try site.shell(
                    "printf '%s  store\\n' \(digest) | sha256sum | cut -c-64 | tr -d '\\n'"
                ).text))
        #expect(try site.baigo("trust", "policy", "show").text.contains("signature.required"))
    }

    @Test func checksAFileWithoutTakingIt() throws {
        let site = try Site()
        try write("[signature]\nrequired = \"always\"\n", to: site)
        expect(try site.baigo("trust", "policy", "check", "policy.toml"), endsWith: .done)
        expect(try site.baigo("trust", "policy", "check"), endsWith: .done)
        try write("[signature]\nrequired = \"often\"\n", to: site)
        expect(
            try site.baigo("trust", "policy", "check", "policy.toml", "--json"), endsWith: .invalidContent,
            identifier: "policy.malformed")
        expect(
            try site.baigo("trust", "policy", "set", "policy.toml", "--json"), endsWith: .invalidContent,
            identifier: "policy.malformed")
        expect(try site.baigo("trust", "policy", "check", "none.toml"), endsWith: .notFound)
        #expect(!site.exists("home"))
    }

    @Test func aPolicyThatCannotBeUsedIsNoMissingPolicy() throws {
        let site = try Site()
        expect(try site.baigo("export", Site.model, "-o", "a.baimodel"), endsWith: .done)
        expect(try site.shell("mkdir -m 700 home; echo 'schema = 2' > home/policy.toml"), endsWith: .done)
        for command in [
            ["import", "a.baimodel", "--yes"], ["verify", "a.baimodel"], ["inspect", "a.baimodel"],
            ["ingest", "a.baimodel"], ["trust", "policy", "show"], ["trust", "policy", "check"],
            ["trust", "policy", "set", "signature.required", "always"],
        ] {
            let result = try Site.baigo.run(
                command + ["--json"], environment: ["BAIGO_HOME": site.home, "HOME": site.folder], in: site.folder)
            expect(result, endsWith: command.last == "always" ? .invalidContent : .environment)
            #expect(result.errorOutput.contains("\"policy."), "\(command): \(result)")
        }
        #expect(try site.baigo("list", "--json").json["models"] == [])
        try write("", to: site)
        expect(try site.baigo("trust", "policy", "set", "policy.toml"), endsWith: .done)
        expect(try site.baigo("import", "a.baimodel", "--yes"), endsWith: .done)
        expect(try site.shell("rm home/policy.toml"), endsWith: .done)
        expect(
            try site.baigo("verify", "a.baimodel", "--json"), endsWith: .environment, identifier: "policy.unreadable")
    }

    @Test func setsSingleValuesWithBothDigestsInTheAuditLog() throws {
        let site = try Site()
        expect(try site.baigo("trust", "policy", "set", "signature.required", "always"), endsWith: .done)
        let second = try site.baigo("trust", "policy", "set", "size.package", "64GiB", "--json")
        expect(second, endsWith: .done)
        let line = try site.baigo("audit", "show", "--operation", "policy.set", "--json").text.split(separator: "\n")
        let details = try JSONValue(strict: Array((line.last ?? "").utf8))["details"]
        #expect(details?["old"] == (try second.json["old"]))
        #expect(details?["new"] == (try second.json["new"]))
        expect(
            try site.baigo("trust", "policy", "set", "signature.required", "perhaps", "--json"),
            endsWith: .invalidContent, identifier: "policy.malformed")
        #expect(try site.baigo("trust", "policy", "show", "--json").json["signatureRequired"] == true)
    }

    @Test func alwaysLeavesNoWayForUnsignedPackages() throws {
        let site = try Site()
        expect(try site.baigo("export", Site.model, "-o", "a.baimodel"), endsWith: .done)
        expect(try site.baigo("trust", "policy", "set", "signature.required", "always"), endsWith: .done)
        for options in [["--yes"], ["--yes", "--allow-unsigned"]] {
            let result = try Site.baigo.run(
                ["import", "a.baimodel", "--json"] + options,
                environment: ["BAIGO_HOME": site.home, "HOME": site.folder], in: site.folder)
            expect(result, endsWith: .signature, identifier: "signature.missing")
        }
        expect(try site.baigo("ingest", "a.baimodel"), endsWith: .signature)
        let stream = try site.baigo("import", "-", "--yes", input: try site.contents("a.baimodel"))
        expect(stream, endsWith: .signature)
        #expect(try site.baigo("list", "--json").json["models"] == [])
    }

    @Test func onlyTrustPolicySetLiftsWhatTheFirstKeyBrought() throws {
        let ring = try KeyRing()
        let signer = try ring.makeKey("Signer <signer@example.org>")
        let site = try Site(gnupg: ring)
        expect(try site.baigo("export", Site.model, "-o", "a.baimodel"), endsWith: .done)
        try site.write(Data(try ring.publicKey(signer)), to: "key.asc")
        expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", signer), endsWith: .done)
        expect(try site.baigo("verify", "a.baimodel"), endsWith: .signature)
        try write("[signature]\nrequired = \"never\"\n", to: site, as: "home/policy.toml")
        expect(try site.baigo("verify", "a.baimodel"), endsWith: .signature)
        let set = try site.baigo("trust", "policy", "set", "signature.required", "never", "--json")
        expect(set, endsWith: .done)
        #expect(try set.json["releasesSignature"] == true)
        expect(try site.baigo("verify", "a.baimodel"), endsWith: .done)
        expect(try site.baigo("verify", "a.baimodel", "--require-signature"), endsWith: .signature)
        expect(try site.baigo("trust", "policy", "set", "signature.required", "auto"), endsWith: .done)
        expect(try site.baigo("verify", "a.baimodel"), endsWith: .signature)
    }

    @Test func acceptsAnExpiredKeyThatThePolicyNames() throws {
        let ring = try KeyRing()
        let start = Timestamp(secondsSinceEpoch: Timestamp.now.secondsSinceEpoch - 86_400 * 30)
        let signer = try ring.makeKey("Signer <signer@example.org>", expires: "seconds=864000", at: start)
        let site = try Site(gnupg: ring)
        expect(try site.baigo("export", Site.model, "-o", "a.baimodel"), endsWith: .done)
        expect(try site.shell("unzip -q a.baimodel -d a"), endsWith: .done)
        try ring.gpg(
            [
                "--armor", "--local-user", signer, "--output", site.path("a/checksums.txt.asc"), "--detach-sign",
                site.path("a/checksums.txt"),
            ],
            at: Timestamp(secondsSinceEpoch: start.secondsSinceEpoch + 86_400))
        try site.write(Data(try ring.publicKey(signer)), to: "key.asc")
        expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", signer), endsWith: .done)
        expect(
            try site.baigo("verify", "a", "--json"), endsWith: .signature, identifier: "signature.expired-key")
        expect(
            try site.baigo("trust", "policy", "set", "signature.accept_expired_keys", "[\"\(signer)\"]"),
            endsWith: .done)
        expect(try site.baigo("verify", "a"), endsWith: .done)
    }

    @Test func theReceiptNamesThePolicyThatIsShown() throws {
        let site = try Site()
        expect(
            try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "tiny", "--version", "1"),
            endsWith: .done)
        var digests: [JSONValue?] = []
        for limit in ["1GiB", "2GiB"] {
            expect(try site.baigo("trust", "policy", "set", "size.package", limit), endsWith: .done)
            expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
            let shown = try site.baigo("trust", "policy", "show", "--json").json["digest"]
            #expect(try site.baigo("show", "tiny", "--json").json["receipt"]?["policy"]?["digest"] == shown)
            let line = try site.baigo("audit", "show", "--kind", "import", "--json").text.split(separator: "\n").last
            #expect(try JSONValue(strict: Array((line ?? "").utf8))["details"]?["policyDigest"] == shown)
            // As the page on the policy says it is made.
            let made = try site.shell(
                "echo \"$(sha256sum < home/policy.toml | cut -c 1-64)  store\" | sha256sum | cut -c 1-64"
            ).text
            #expect(shown?.string == "sha256:" + made.trimmingCharacters(in: .newlines))
            digests.append(shown)
            expect(try site.baigo("remove", "tiny", "--yes"), endsWith: .done)
        }
        #expect(digests[0] != digests[1])
    }
}
