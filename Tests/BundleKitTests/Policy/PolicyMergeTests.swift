// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Testing

@testable import BundleKit

/// Two files: the stricter of their values counts, whichever file has it.
@Suite struct PolicyMergeTests {
    private static let one = String(repeating: "A", count: 40)
    private static let other = String(repeating: "B", count: 40)

    private static func policy(_ texts: [String]) throws -> Policy {
        try Policy(
            zip(Policy.Place.allCases, texts).map { place, text in
                try Policy.Part(place, path: "/\(place)", reading: Array(("schema = 1\n" + text).utf8))
            })
    }

    /// What `key` of the policy is, as `show` tells it.
    private static func value(_ key: String, _ texts: [String]) throws -> JSONValue? {
        try policy(texts).values.first { $0.key == key }?.value
    }

    @Test(arguments: [
        ("signature.required", "[signature]\nrequired = \"never\"", "[signature]\nrequired = \"always\"", "\"always\""),
        ("signature.required", "[signature]\nrequired = \"never\"", "", "\"auto\""),
        ("signature.threshold", "[signature]\nthreshold = 3", "[signature]\nthreshold = 2", "3"),
        ("signature.threshold", "[signature]\nthreshold = 3", "", "3"),
        (
            "signature.accept_expired_keys", "[signature]\naccept_expired_keys = [\"\(one)\", \"\(other)\"]",
            "[signature]\naccept_expired_keys = [\"\(one)\"]", "[\"\(one)\"]"
        ),
        ("signature.accept_expired_keys", "[signature]\naccept_expired_keys = [\"\(one)\"]", "", "[]"),
        ("signature.accept_other_purpose_keys", "[signature]\naccept_other_purpose_keys = [\"\(one)\"]", "", "[]"),
        ("signature.on_revocation", "[signature]\non_revocation = \"deactivate\"", "", "\"deactivate\""),
        ("license.unknown", "[license]\nunknown = \"ask\"", "[license]\nunknown = \"deny\"", "\"deny\""),
        ("license.unknown", "[license]\nunknown = \"ask\"", "[license]\nunknown = \"allow\"", "\"ask\""),
        ("license.allow", "[license]\nallow = [\"MIT\", \"ISC\"]", "[license]\nallow = [\"MIT\"]", "[\"MIT\"]"),
        ("license.deny", "[license]\ndeny = [\"MIT\"]", "[license]\ndeny = [\"ISC\"]", "[\"ISC\",\"MIT\"]"),
        ("export.redistribution", "[export]\nredistribution = \"required\"", "", "\"required\""),
        ("export.deny", "[export]\ndeny = [\"MIT\"]", "", "[\"MIT\"]"),
        (
            "format.allow", "[format]\nallow = [\"gguf\", \"onnx\"]", "[format]\nallow = [\"gguf\", \"pytorch\"]",
            "[\"gguf\"]"
        ),
        ("format.allow", "[format]\nallow = [\"gguf\", \"pytorch\"]", "", "[\"gguf\"]"),
        (
            "architecture.allow", "[architecture]\nallow = [\"a\", \"b\"]", "[architecture]\nallow = [\"b\", \"c\"]",
            "[\"b\"]"
        ),
        ("architecture.allow", "[architecture]\nallow = [\"a\"]", "", "[\"a\"]"),
        ("architecture.deny", "[architecture]\ndeny = [\"a\"]", "[architecture]\ndeny = [\"b\"]", "[\"a\",\"b\"]"),
        ("size.package", "[size]\npackage = 10", "[size]\npackage = 20", "10"),
        ("size.package", "[size]\npackage = 10", "", "10"),
        ("store.quota", "[store]\nquota = 10", "[store]\nquota = 20", "10"),
        ("downgrade.allowed", "[downgrade]\nallowed = false", "[downgrade]\nallowed = true", "false"),
    ])
    func theStricterCounts(_ key: String, _ one: String, _ other: String, _ expected: String) throws {
        for texts in [[one, other], [other, one]] {
            let value = try #require(try Self.value(key, texts))
            #expect(String(decoding: value.compactBytes, as: UTF8.self) == expected, "\(texts)")
        }
    }

    @Test func oneFileAloneMayLoosenTheDefaults() throws {
        #expect(try Self.value("signature.required", ["[signature]\nrequired = \"never\""]) == "never")
        #expect(try Self.value("format.allow", ["[format]\nallow = [\"pytorch\"]"]) == ["pytorch"])
    }

    @Test func oneFileThatAsksForAProbeIsEnough() throws {
        let texts = ["[probe]\nrequired = true", "[probe]\nrequired = false"]
        #expect(try Self.policy(texts).needsProbe)
        #expect(try Self.policy(texts.reversed()).needsProbe)
        #expect(try !Self.policy(["", texts[1]]).needsProbe)
    }

    @Test func bothScannersHaveToBeContent() throws {
        let policy = try Self.policy(["[scanner]\ncommand = [\"/a\"]", "[scanner]\ncommand = [\"/b\"]"])
        #expect(policy.scanners.map(\.command) == [["/a"], ["/b"]])
    }

    @Test func anOverrideNeedsLeaveOfEveryFileThatStatesTheRule() throws {
        let leave = "[[override]]\nrule = \"license\"\nusers = [\"alice\"]\n"
        let rule = "[license]\ndeny = [\"MIT\"]\n"
        #expect(try Self.policy([leave + rule]).lets("alice", override: .license))
        #expect(try Self.policy(["", leave + rule]).lets("alice", override: .license))
        #expect(try !Self.policy([rule, leave + rule]).lets("alice", override: .license))
        #expect(try !Self.policy([rule, leave]).lets("alice", override: .license))
        #expect(try Self.policy([leave + rule, leave + rule]).lets("alice", override: .license))
        #expect(try !Self.policy([leave + rule]).lets("bob", override: .license))
        #expect(try !Self.policy([]).lets("alice", override: .format))
    }

    @Test func theDigestNamesTheFilesAndTheirPlaces() throws {
        #expect(try Self.policy([]).digest == nil)
        let digests = try [
            Self.policy([""]), Self.policy(["", ""]), Self.policy(["", "# x"]), Self.policy(["# x", ""]),
        ].map(\.digest)
        #expect(Set(digests).count == 4)
        let part = try #require(try Self.policy([""]).parts.first)
        #expect(digests[0] == (try SHA256Digest(of: Array("\(part.sha256.hex)  system\n".utf8))))
    }

    @Test func saysWhereAValueComesFrom() throws {
        let policy = try Self.policy(["[signature]\nrequired = \"auto\"", "[signature]\nrequired = \"always\""])
        #expect(policy.values.first { $0.key == "signature.required" }?.from == ["/system", "/store"])
        #expect(policy.values.first { $0.key == "signature.threshold" }?.from == [])
    }

    @Test func namesTheFileThatCannotBeUsed() {
        let error = #expect(throws: PolicyError.self) {
            try Policy.Part(.store, path: "/home/policy.toml", reading: Array("schema = 7".utf8))
        }
        #expect(error?.code == .unreadable)
        #expect(error?.message.contains("/home/policy.toml") == true)
    }
}
