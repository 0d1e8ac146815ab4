// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import Glibc
import TestSupport
import Testing

/// Each rule of a policy, through the real commands: refused with 9 and its identifier, or let in.
struct PolicyRuleTests {
    /// The user who runs the tests, as the policy names them.
    private static var user: String {
        get throws { try Program("id").run(["-un"]).text.trimmingCharacters(in: .whitespacesAndNewlines) }
    }

    private func set(_ text: String, _ site: Site) throws {
        try site.write(Data(("schema = 1\n" + text).utf8), to: "policy.toml")
        expect(try site.baigo("trust", "policy", "set", "policy.toml"), endsWith: .done)
    }

    private func export(_ site: Site, _ file: String = "a.baimodel", _ options: String...) throws {
        let all = ["export", Site.model, "-o", file, "--name", "acme/demo", "--version", "1.0"] + options
        expect(try site.run(Site.baigo.path, all), endsWith: .done)
    }

    private func models(_ site: Site) throws -> Int {
        try site.baigo("list", "--json").json["models"]?.array?.count ?? 0
    }

    struct Case: Sendable {
        let policy: String
        let identifier: String
        let options: [String]

        init(_ policy: String, _ identifier: String, _ options: String...) {
            self.policy = policy
            self.identifier = identifier
            self.options = options
        }
    }

    @Test(arguments: [
        Case("[license]\nallow = [\"MIT\"]", "policy.license-not-allowed"),
        Case("[license]\ndeny = [\"Apache-2.0\"]", "policy.license-denied"),
        Case("[license]\nunknown = \"deny\"", "policy.license-unknown", "--license", "Some words"),
        Case("[license]\nunknown = \"ask\"", "policy.license-unconfirmed", "--license", "llama3.1"),
        Case("[architecture]\nallow = [\"qwen2\"]", "policy.architecture"),
        Case("[architecture]\ndeny = [\"llama\"]", "policy.architecture"),
        Case("[format]\nallow = [\"safetensors\"]", "policy.format"),
        Case("[size]\npackage = \"1MiB\"", "policy.size"),
        Case("[store]\nquota = \"1MB\"", "policy.quota"),
        Case("[signature]\nthreshold = 1", "policy.threshold"),
        Case("[scanner]\ncommand = [\"/bin/true\"]\nmax_file_size = 1000", "policy.not-scanned"),
    ])
    func refusesBeforeTheDataOnEveryWayIn(_ row: Case) throws {
        let site = try Site()
        try site.write(Data(("schema = 1\n" + row.policy).utf8), to: "policy.toml")
        let export = ["export", Site.model, "-o", "a.baimodel", "--name", "acme/demo", "--version", "1.0"]
        expect(try site.run(Site.baigo.path, export + row.options), endsWith: .done)
        try set(row.policy, site)
        let refused = try site.baigo("import", "a.baimodel", "--yes", "--json")
        expect(refused, endsWith: .policy, identifier: row.identifier)
        let error = try JSONValue(strict: Array((refused.errorOutput.split(separator: "\n").last ?? "").utf8))["error"]
        #expect(error?["message"]?.string?.contains("acme/demo:1.0") == true)
        #expect(error?["hint"]?.string?.hasPrefix("Satisfied by: ") == true)

        let stream = try site.baigo("import", "-", "--yes", "--json", input: try site.contents("a.baimodel"))
        expect(stream, endsWith: .policy, identifier: row.identifier)
        let ingested = try site.baigo("ingest", "a.baimodel", "--json")
        expect(ingested, endsWith: .policy, identifier: row.identifier)
        #expect(try ingested.json["packages"]?.array?.first?["policy"]?["rules"]?.array?.isEmpty == false)
        expect(try site.baigo("import", "a.baimodel", "--dry-run", "--json"), endsWith: .policy)
        let explained = try site.baigo("trust", "policy", "explain", "a.baimodel", "--json")
        expect(explained, endsWith: .policy, identifier: row.identifier)
        #expect(try explained.json["exitStatus"] == 9)
        let broken = try explained.json["policy"]?["rules"]?.array?.filter {
            $0["verdict"] == "refuse" || $0["verdict"] == "ask"
        }
        #expect(broken?.count == 1)
        #expect(broken?.first?["remedy"]?.string?.isEmpty == false)

        #expect(try models(site) == 0)
        #expect(try site.shell("find home/staging home/blobs -type f | wc -l").text == "0\n")
        let lines = try site.baigo("audit", "show", "--operation", "import", "--json").text.split(separator: "\n")
        #expect(
            try lines.map { try JSONValue(strict: Array($0.utf8))["error"]?.string }
                == Array(
                    repeating: row.identifier, count: 3))

        try set("", site)
        expect(try site.baigo("import", "a.baimodel", "--yes"), endsWith: .done)
    }

    @Test func verifyAndInspectTellOfTheRulesAndOfTheirOrder() throws {
        let site = try Site()
        try export(site)
        try set("[license]\nallow = [\"MIT\"]", site)
        for command in ["verify", "inspect"] {
            let result = try site.baigo(command, "a.baimodel", "--json")
            expect(result, endsWith: .policy, identifier: "policy.license-not-allowed")
            let json = try result.json
            #expect(json["valid"] == false)
            #expect(json["policy"]?["verdict"] == "refuse")
            #expect(json["policy"]?["digest"]?.string?.hasPrefix("sha256:") == true)
        }
        var bytes = try site.contents("a.baimodel")
        bytes[bytes.startIndex + bytes.count / 2] ^= 1
        try site.write(bytes, to: "damaged.baimodel")
        expect(try site.baigo("verify", "damaged.baimodel"), endsWith: .policy)
        expect(try site.baigo("trust", "policy", "set", "signature.required", "always"), endsWith: .done)
        expect(try site.baigo("verify", "damaged.baimodel"), endsWith: .signature)
    }

    @Test func picklesAreRefusedWithoutAnyPolicyAndLetInByName() throws {
        let site = try Site()
        let pickle = Data([0x80, 2, 0x7D, 0x71, 0, 0x2E])
        expect(try site.shell("mkdir pt"), endsWith: .done)
        try site.write(pickle, to: "pt/pytorch_model.bin")
        try site.write(Data("{\"model_type\": \"llama\"}".utf8), to: "pt/config.json")
        expect(try site.baigo("export", "./pt", "-o", "pt.baimodel", "--name", "pt"), endsWith: .done)
        try site.write(pickle, to: "extra.dat")
        expect(
            try site.baigo("export", Site.model, "-o", "extra.baimodel", "--name", "extra", "--include", "extra.dat"),
            endsWith: .done)
        for name in ["pt", "extra"] {
            expect(
                try site.baigo("import", name + ".baimodel", "--yes", "--json"), endsWith: .policy,
                identifier: "policy.format")
            expect(try site.baigo("verify", name + ".baimodel"), endsWith: .policy)
            expect(try site.baigo("trust", "policy", "explain", name + ".baimodel"), endsWith: .policy)
            let stream = try site.shell("cat \(name).baimodel | $BAIGO import - --yes --json")
            expect(stream, endsWith: .policy, identifier: "policy.format")
            expect(try site.baigo("ingest", name + ".baimodel"), endsWith: .policy)
        }
        #expect(try models(site) == 0)
        #expect(try site.shell("find home/staging home/blobs -type f | wc -l").text == "0\n")
        try set("[format]\nallow = [\"gguf\", \"pytorch\"]", site)
        for name in ["pt", "extra"] {
            expect(try site.baigo("import", name + ".baimodel", "--yes"), endsWith: .done)
        }
    }

    @Test func theQuotaCountsWhatIsThere() throws {
        let site = try Site()
        try export(site)
        expect(
            try site.baigo("export", Site.model, "-o", "b.baimodel", "--name", "twin", "--version", "1"),
            endsWith: .done)
        try set("[store]\nquota = \"3MB\"", site)
        expect(try site.baigo("import", "a.baimodel", "--yes"), endsWith: .done)
        // The weights are there already; the rest is small.
        expect(try site.baigo("import", "b.baimodel", "--yes"), endsWith: .done)
        expect(try site.baigo("trust", "policy", "set", "store.quota", "1000"), endsWith: .done)
        expect(try site.baigo("import", "a.baimodel", "--yes"), endsWith: .done)
        expect(try site.baigo("export", Site.model, "-o", "c.baimodel", "--name", "third"), endsWith: .done)
        expect(try site.baigo("import", "c.baimodel", "--yes", "--json"), endsWith: .policy, identifier: "policy.quota")
    }

    @Test func noVersionComesAfterANewerOne() throws {
        let site = try Site()
        for version in ["1.9", "1.10", "sha-x"] {
            expect(
                try site.baigo(
                    "export", Site.model, "-o", "v\(version).baimodel", "--name", "demo", "--version", version),
                endsWith: .done)
        }
        try set("[downgrade]\nallowed = false", site)
        expect(try site.baigo("import", "v1.10.baimodel", "--yes"), endsWith: .done)
        expect(try site.baigo("import", "v1.10.baimodel", "--yes"), endsWith: .done)
        for version in ["1.9", "sha-x"] {
            expect(
                try site.baigo("import", "v\(version).baimodel", "--yes", "--json"), endsWith: .policy,
                identifier: "policy.downgrade")
        }
        expect(try site.baigo("trust", "policy", "set", "downgrade.allowed", "true"), endsWith: .done)
        expect(try site.baigo("import", "v1.9.baimodel", "--yes"), endsWith: .done)
    }

    @Test func signersKeepToTheirNamesTimesAndNumber() throws {
        let ring = try KeyRing()
        let first = try ring.makeKey("First <first@example.org>")
        let second = try ring.makeKey("Second <second@example.org>")
        let site = try Site(gnupg: ring)
        for key in [first, second] {
            try site.write(Data(try ring.publicKey(key)), to: "key.asc")
            expect(try site.baigo("trust", "add", "key.asc", "--fingerprint", key), endsWith: .done)
        }
        try export(site, "one.baimodel", "--key", first)
        expect(try site.shell("cp one.baimodel two.baimodel"), endsWith: .done)
        expect(try site.baigo("sign", "two.baimodel", "--key", second), endsWith: .done)
        func refused(_ file: String, _ identifier: String) throws {
            expect(try site.baigo("verify", file, "--json"), endsWith: .policy, identifier: identifier)
            let stream = try site.shell("cat \(file) | $BAIGO import - --yes --json")
            expect(stream, endsWith: .policy, identifier: identifier)
        }
        try set("[signature]\nthreshold = 2", site)
        try refused("one.baimodel", "policy.threshold")
        expect(try site.baigo("verify", "two.baimodel"), endsWith: .done)
        let scope = "[[signer]]\nfingerprint = \"\(first)\"\nnames = [\"other/*\"]\n"
        try set(scope, site)
        try refused("one.baimodel", "policy.signer-scope")
        expect(try site.baigo("verify", "two.baimodel"), endsWith: .done)
        try set(scope + "[[signer]]\nfingerprint = \"*\"\nnot_before = 2099-01-01\n", site)
        try refused("two.baimodel", "policy.signing-date")
        try set("", site)
        expect(try site.baigo("import", "two.baimodel", "--yes"), endsWith: .done)
    }

    @Test func aUserWithLeaveOverridesARuleAndTheReasonIsKept() throws {
        let site = try Site()
        try export(site)
        try set("[license]\nallow = [\"MIT\"]\n[[override]]\nrule = \"license\"\nusers = [\"\(try Self.user)\"]", site)
        let options = ["a.baimodel", "--yes", "--json", "--override", "license", "--reason", "signed off\nby J."]
        expect(try site.baigo("import", "a.baimodel", "--yes", "--override", "license"), endsWith: .usage)
        expect(try site.baigo("import", "a.baimodel", "--yes", "--reason", "x"), endsWith: .usage)
        expect(
            try site.baigo("import", "a.baimodel", "--yes", "--override", "signature", "--reason", "x"),
            endsWith: .usage)
        expect(
            try site.baigo("import", "a.baimodel", "--yes", "--json", "--override", "format", "--reason", "x"),
            endsWith: .policy, identifier: "policy.override")
        expect(try site.run(Site.baigo.path, ["import"] + options), endsWith: .done)
        let receipt = try site.baigo("show", "acme/demo", "--json").json["receipt"]?["policy"]
        #expect(receipt?["verdict"] == "overridden")
        #expect(receipt?["overrides"]?.array?.first?["by"]?.string == (try Self.user))
        #expect(receipt?["overrides"]?.array?.first?["reason"] == "signed off\\nby J.")
        let line = try site.baigo("audit", "show", "--operation", "import", "--json").text.split(separator: "\n").last
        let details = try JSONValue(strict: Array((line ?? "").utf8))["details"]
        #expect(details?["policy"] == "overridden")
        #expect(details?["overrides"]?.array?.first?["rule"] == "license")
        expect(try site.baigo("remove", "acme/demo", "--yes"), endsWith: .done)
        try set("[license]\nallow = [\"MIT\"]\n[[override]]\nrule = \"license\"\nusers = [\"somebody\"]", site)
        expect(try site.run(Site.baigo.path, ["import"] + options), endsWith: .policy, identifier: "policy.override")
        expect(
            try site.baigo("ingest", "a.baimodel", "--override", "license", "--reason", "x", "--json"),
            endsWith: .policy, identifier: "policy.override")
    }

    @Test func aLicenceThatIsAskedAboutHasToBeAccepted() throws {
        let site = try Site()
        try export(site, "a.baimodel", "--license", "llama3.1")
        try set("[license]\nunknown = \"ask\"", site)
        let inspected = try site.baigo("inspect", "a.baimodel", "--json")
        expect(inspected, endsWith: .done)
        #expect(try inspected.json["policy"]?["verdict"] == "ask")
        expect(
            try site.baigo("import", "a.baimodel", "--yes", "--json"), endsWith: .policy,
            identifier: "policy.license-unconfirmed")
        expect(try site.baigo("import", "a.baimodel", "--yes", "--accept-license"), endsWith: .done)
        let receipt = try site.baigo("show", "acme/demo", "--json").json["receipt"]?["policy"]
        #expect(receipt?["verdict"] == "allowed")
        expect(try site.baigo("ingest", "a.baimodel", "--accept-license"), endsWith: .done)
    }

    @Test func anExportStopsWhereTheLicenceForbidsIt() throws {
        let site = try Site()
        let options = ["export", Site.model, "--name", "acme/demo", "--license", "LicenseRef-Proprietary", "--json"]
        for target in [["-o", "x.baimodel"], ["-o", "-"], ["-o", "x.baimodel", "--dry-run"]] {
            let result = try site.run(Site.baigo.path, options + target)
            expect(result, endsWith: .policy, identifier: "policy.redistribution")
            if target.count == 2 { #expect(result.output.isEmpty) }
        }
        #expect(!site.exists("x.baimodel"))
        #expect(!site.exists("home"))
        try export(site)
        expect(try site.baigo("import", "a.baimodel", "--yes"), endsWith: .done)
        try set("[export]\nredistribution = \"required\"\ndeny = [\"Apache-2.0\"]", site)
        expect(
            try site.baigo("export", "acme/demo", "-o", "y.baimodel", "--json"), endsWith: .policy,
            identifier: "policy.redistribution")
        #expect(!site.exists("y.baimodel"))
        let lines = try site.baigo("audit", "show", "--operation", "export", "--json").text.split(separator: "\n")
        #expect(lines.count == 1)
        try set("[export]\nredistribution = \"required\"", site)
        let plan = try site.baigo("export", "acme/demo", "-o", "y.baimodel", "--dry-run", "--json")
        expect(plan, endsWith: .done)
        #expect(try plan.json["policy"]?["verdict"] == "pass")
        expect(try site.baigo("export", "acme/demo", "-o", "y.baimodel"), endsWith: .done)
    }
}
