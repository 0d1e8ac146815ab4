// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Testing

@testable import BundleKit

@Suite struct PolicyDocumentTests {
    static let fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567"

    private func read(_ text: String) throws(PolicyError) -> PolicyDocument {
        try PolicyDocument(reading: Array(text.utf8))
    }

    @Test func readsEveryKey() throws {
        let policy = try read(
            """
            schema = 1
            [signature]
            required = "always"
            threshold = 2
            accept_expired_keys = ["0123 4567 89ab cdef 0123 4567 89ab cdef 0123 4567"]
            accept_other_purpose_keys = ["\(Self.fingerprint)"]
            on_revocation = "deactivate"
            [[signer]]
            fingerprint = "\(Self.fingerprint)"
            names = ["acme/*", "demo"]
            not_before = 2026-01-31
            [[signer]]
            fingerprint = "*"
            names = []
            [license]
            allow = ["Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"]
            deny = ["LicenseRef-secret"]
            unknown = "ask"
            [export]
            redistribution = "required"
            deny = ["CC-BY-NC-4.0"]
            [format]
            allow = ["gguf", "pytorch"]
            [architecture]
            allow = ["Llama"]
            deny = ["gpt2"]
            [size]
            package = "64GiB"
            [store]
            quota = 1000
            [downgrade]
            allowed = false
            [scanner]
            command = ["/usr/bin/clamscan", "-r", "{}"]
            timeout = 60
            max_file_size = "2 GB"
            unscanned = ["model/*.gguf"]
            [[override]]
            rule = "license"
            users = ["alice"]
            """)
        #expect(policy.required == .always)
        #expect(policy.threshold == 2)
        #expect(policy.acceptedExpiredKeys == [Self.fingerprint])
        #expect(policy.acceptedOtherPurposeKeys == [Self.fingerprint])
        #expect(policy.onRevocation == .deactivate)
        #expect(policy.signers.map(\.fingerprint) == [Self.fingerprint, nil])
        #expect(policy.signers[0].notBefore?.description == "2026-01-31T00:00:00Z")
        #expect(policy.signers[0].names.map(\.description) == ["acme/*", "demo"])
        #expect(policy.signers[1].names.isEmpty)
        #expect(
            policy.allowedLicenses?.map(\.description) == [
                "Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0",
            ])
        #expect(policy.deniedLicenses.map(\.description) == ["LicenseRef-secret"])
        #expect(policy.unknownLicense == .ask)
        #expect(policy.needsRedistribution)
        #expect(policy.deniedExportLicenses.map(\.description) == ["CC-BY-NC-4.0"])
        #expect(policy.allowedFormats == ["gguf", "pytorch"])
        #expect(policy.allowedArchitectures == ["llama"])
        #expect(policy.deniedArchitectures == ["gpt2"])
        #expect(policy.maximumPackage?.bytes == 64 << 30)
        #expect(policy.quota?.bytes == 1000)
        #expect(!policy.isDowngradeAllowed)
        #expect(policy.scanner?.command == ["/usr/bin/clamscan", "-r", "{}"])
        #expect(policy.scanner?.timeout == 60)
        #expect(policy.scanner?.maximumFileSize?.bytes == 2_000_000_000)
        #expect(policy.lets("alice", override: .license))
        #expect(!policy.lets("bob", override: .license))
        #expect(!policy.lets("alice", override: .format))
    }

    @Test func hasDefaultsForWhatIsLeftOut() throws {
        #expect(try read("schema = 1").required == .auto)
        #expect(try read("schema = 1\n[license]\ndeny = [\"MIT\"]").unknownLicense == .allow)
        #expect(try read("schema = 1\n[license]\nallow = [\"MIT\"]").unknownLicense == .deny)
    }

    @Test(arguments: [
        "", "schema = 2", "schema = \"1\"", "schema = 1.0", "schema = true", "schema = 0", "schema = -1",
        "schema = 1\nschema = 1", "schema = 1\nextra = 1", "schema = 1\n[signature]\nrequire = \"always\"",
        "schema = 1\n[Signature]\nrequired = \"always\"", "schema = 1\n[signature]\nrequired = \"Always\"",
        "schema = 1\n[signature]\nrequired = true", "schema = 1\n[signature]\nrequired = [\"always\"]",
        "schema = 1\nsignature = \"always\"", "schema = 1\n[[signature]]\nrequired = \"always\"",
        "schema = 1\n[signature]\nthreshold = -1", "schema = 1\n[signature]\nthreshold = 2.0",
        "schema = 1\n[signature]\nthreshold = \"2\"", "schema = 1\n[signature]\nthreshold = 9223372036854775808",
        "schema = 1\n[signature]\naccept_expired_keys = \"x\"",
        "schema = 1\n[signature]\naccept_expired_keys = [\"AB\"]",
        "schema = 1\n[signature]\naccept_expired_keys = [1]", "schema = 1\n[signature]\non_revocation = \"ignore\"",
        "schema = 1\n[signer]\nfingerprint = \"*\"", "schema = 1\n[[signer]]\nnames = [\"*\"]",
        "schema = 1\n[[signer]]\nfingerprint = \"*\"\n[[signer]]\nfingerprint = \"*\"",
        "schema = 1\n[[signer]]\nfingerprint = \"*\"\nnot_before = \"2026-01-01\"",
        "schema = 1\n[[signer]]\nfingerprint = \"*\"\nnot_before = 2026-02-30",
        "schema = 1\n[license]\nallow = [\"MIT OR Apache-2.0\"]", "schema = 1\n[license]\nallow = [\"\"]",
        "schema = 1\n[license]\nallow = [\"two words\"]", "schema = 1\n[license]\nunknown = \"maybe\"",
        "schema = 1\n[export]\nredistribution = true", "schema = 1\n[format]\nallow = [\"zip\"]",
        "schema = 1\n[format]\nallow = [\"gguf\\u0000\"]", "schema = 1\n[format]\nallow = [\"gguf\\n\"]",
        "schema = 1\n[size]\npackage = -1", "schema = 1\n[size]\npackage = \"64 Gib\"",
        "schema = 1\n[size]\npackage = \"9999999999TiB\"", "schema = 1\n[size]\npackage = \"1.5GiB\"",
        "schema = 1\n[store]\nquota = 1e9", "schema = 1\n[downgrade]\nallowed = \"no\"",
        "schema = 1\n[probe]\nrequired = \"yes\"", "schema = 1\n[probe]\ntimeout = 1",
        "schema = 1\n[scanner]\ntimeout = 1", "schema = 1\n[scanner]\ncommand = []",
        "schema = 1\n[scanner]\ncommand = [\"clamscan\"]", "schema = 1\n[scanner]\ncommand = \"/bin/true\"",
        "schema = 1\n[scanner]\ncommand = [\"/bin/true\", \"{}\", \"{}\"]",
        "schema = 1\n[scanner]\ncommand = [\"/bin/true\"]\ntimeout = 0", "schema = 1\n[[override]]\nrule = \"license\"",
        "schema = 1\n[[override]]\nusers = [\"a\"]", "schema = 1\n[[override]]\nrule = \"signature\"\nusers = [\"a\"]",
        "schema = 1\n[[override]]\nrule = \"everything\"\nusers = [\"a\"]",
        "schema = 1\n[override]\nrule = \"license\"",
        "not toml", "schema = 1\n[", "schema = 1\u{0}\n[signature]\nrequired = \"always\"",
    ])
    func refusesWhatItDoesNotUnderstand(_ text: String) {
        let error = #expect(throws: PolicyError.self) { try read(text) }
        #expect(error?.code == .malformed)
        #expect(error?.exitStatus == .invalidContent)
    }

    @Test func refusesBytesThatAreNoTextAndTextsThatAreTooLong() {
        #expect(throws: PolicyError.self) { try PolicyDocument(reading: Array("schema = 1 #".utf8) + [0xFF]) }
        let long = "schema = 1 #" + String(repeating: "x", count: PolicyDocument.byteLimit)
        #expect(throws: PolicyError.self) { try read(long) }
        let names = (0...4096).map { "\"n\($0)\"" }.joined(separator: ",")
        #expect(throws: PolicyError.self) { try read("schema = 1\n[architecture]\nallow = [\(names)]") }
    }

    @Test func survivesDeepNesting() {
        for (open, close) in [("[", "]"), ("{a=", "}")] {
            let depth = 20_000
            let text =
                "schema = 1\nx = " + String(repeating: open, count: depth) + "1"
                + String(repeating: close, count: depth)
            #expect(throws: PolicyError.self) { try read(text) }
        }
    }

    @Test func setsOneValueAndKeepsTheOthers() throws {
        let first = try PolicyDocument.setting("signature.required", to: "always", in: nil)
        let second = try PolicyDocument.setting("license.allow", to: "[\"MIT\", 'Apache-2.0']", in: first)
        let third = try PolicyDocument.setting("signature.threshold", to: "2", in: second)
        let policy = try PolicyDocument(reading: try PolicyDocument.setting("size.package", to: "64GiB", in: third))
        #expect(policy.required == .always)
        #expect(policy.threshold == 2)
        #expect(policy.allowedLicenses?.map(\.description) == ["MIT", "Apache-2.0"])
        #expect(policy.maximumPackage?.bytes == 64 << 30)
    }

    @Test(arguments: [
        ("signature.required", "sometimes"), ("signature", "always"), ("signature.", "always"), ("schema", "2"),
        ("signature.required.x", "always"), ("signer.fingerprint", "*"), ("nothing.there", "1"),
        ("signature.threshold", "1\n[downgrade]\nallowed = true"), ("signature.threshold", "1 = 2"),
    ])
    func setsNothingThatMakesNoPolicy(_ key: String, _ value: String) {
        #expect(throws: PolicyError.self) { try PolicyDocument.setting(key, to: value, in: Array("schema = 1\n".utf8)) }
    }
}
