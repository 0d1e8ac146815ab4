// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Testing

@testable import BundleKit

/// What each rule makes of a package.
@Suite struct PolicyJudgeTests {
    private static let one = String(repeating: "A", count: 40)
    private static let other = String(repeating: "B", count: 40)

    /// A package as the rules see it.
    struct Sample: Sendable {
        var version = "2.0"
        var license: String? = "MIT"
        var architecture: String? = "llama"
        var format: String? = "gguf"
        var files = ["model/x.gguf"]
        var size: Int64 = 100
        var contents: [String: FileContent] = [:]
        var signers: [SignatureReport.Signer]? = []
        var store: PolicySubject.Store?

        fileprivate var subject: PolicySubject {
            get throws {
                let digest = try SHA256Digest(of: [])
                var manifest: [String: JSONValue] = [
                    "name": "acme/demo", "version": .string(version), "kind": "model", "schemaVersion": 1,
                    "totalSize": 1, "createdAt": "2026-01-01T00:00:00Z", "createdBy": "test",
                    "files": [
                        [
                            "path": "model/x.gguf", "role": "weights", "sha256": .string(digest.hex), "size": 1,
                        ]
                    ],
                ]
                manifest["license"] = license.map { ["id": .string($0)] }
                manifest["architecture"] = architecture.map(JSONValue.string)
                manifest["format"] = format.map(JSONValue.string)
                let read = try Manifest(reading: JSONValue.object(manifest).prettyBytes)
                return PolicySubject(
                    read, files: files.map { PackageFile(path: $0, role: .weights, sha256: digest, size: size) },
                    contents: contents, signers: signers, store: store)
            }
        }
    }

    private static func signer(_ fingerprint: String, at time: String = "2026-06-01T00:00:00Z")
        -> SignatureReport.Signer
    {
        SignatureReport.Signer(
            fingerprint: fingerprint, signingKey: fingerprint, userID: "A <a@example.org>", createdAt: Timestamp(time),
            keyExpires: nil, digest: "SHA512", status: .valid, trusted: true, hasPurpose: true, madeWhileValid: nil,
            reason: nil)
    }

    private static func policy(_ texts: [String]) throws -> Policy {
        try Policy(
            zip(Policy.Place.allCases, texts).map { place, text in
                try Policy.Part(place, path: "/\(place)", reading: Array(("schema = 1\n" + text).utf8))
            })
    }

    private func judge(
        _ sample: Sample, _ texts: String..., request: PolicyRequest = PolicyRequest(user: "alice")
    ) throws -> PolicyVerdict {
        try PolicyJudge(try Self.policy(texts), request).judge(
            try sample.subject, signature: PolicyFinding(.signature, .pass, "none"))
    }

    private func finding(_ rule: PolicyRule, _ verdict: PolicyVerdict) -> PolicyFinding? {
        verdict.findings.first { $0.rule == rule }
    }

    struct Row: Sendable, CustomStringConvertible {
        let rule: PolicyRule
        let policy: String
        let sample: Sample
        let verdict: PolicyFinding.Verdict
        let code: PolicyError.Code?

        init(
            _ rule: PolicyRule, _ policy: String, _ sample: Sample, _ verdict: PolicyFinding.Verdict,
            _ code: PolicyError.Code? = nil
        ) {
            self.rule = rule
            self.policy = policy
            self.sample = sample
            self.verdict = verdict
            self.code = code
        }

        var description: String { "\(rule) \(policy) \(sample)" }
    }

    private static let mit = "[license]\nallow = [\"MIT\", \"GPL-2.0-only WITH Classpath-exception-2.0\"]"
    private static let noGPL = "[license]\ndeny = [\"GPL-3.0-only\", \"LicenseRef-bad\"]"

    static let licenses: [Row] = [
        Row(.license, "", Sample(license: nil), .notApplicable),
        Row(.license, mit, Sample(), .pass), Row(.license, mit, Sample(license: "mit"), .pass),
        Row(.license, mit, Sample(license: "MIT OR Apache-2.0"), .pass),
        Row(.license, mit, Sample(license: "MIT AND Apache-2.0"), .refuse, .licenseNotAllowed),
        Row(.license, mit, Sample(license: "Apache-2.0"), .refuse, .licenseNotAllowed),
        Row(.license, mit, Sample(license: "GPL-2.0-only WITH Classpath-exception-2.0"), .pass),
        Row(.license, mit, Sample(license: "GPL-2.0-or-later WITH Classpath-exception-2.0"), .pass),
        Row(.license, mit, Sample(license: "GPL-2.0-only"), .refuse, .licenseNotAllowed),
        Row(.license, mit, Sample(license: nil), .refuse, .licenseUnknown),
        Row(.license, mit, Sample(license: "llama3.1"), .refuse, .licenseUnknown),
        Row(.license, mit, Sample(license: "MIT or whatever you like"), .refuse, .licenseUnknown),
        Row(.license, mit + "\nunknown = \"ask\"", Sample(license: "llama3.1"), .ask, .licenseUnconfirmed),
        Row(.license, mit + "\nunknown = \"allow\"", Sample(license: "llama3.1"), .pass),
        Row(.license, mit + "\nunknown = \"allow\"", Sample(license: "Apache-2.0"), .refuse, .licenseNotAllowed),
        Row(.license, "[license]\nallow = [\"llama3.1\"]", Sample(license: "Llama3.1"), .pass),
        Row(.license, "[license]\nallow = []", Sample(), .refuse, .licenseNotAllowed),
        Row(.license, noGPL, Sample(license: "GPL-3.0-only"), .refuse, .licenseDenied),
        Row(.license, noGPL, Sample(license: "GPL-3.0+"), .refuse, .licenseDenied),
        Row(.license, noGPL, Sample(license: "GPL-3.0-only WITH x"), .refuse, .licenseDenied),
        Row(.license, noGPL, Sample(license: "GPL-2.0-only"), .pass),
        Row(.license, noGPL, Sample(license: "GPL-3.0-only OR MIT"), .pass),
        Row(
            .license, noGPL, Sample(license: "MIT AND (ISC OR GPL-3.0-only) AND LicenseRef-bad"), .refuse,
            .licenseDenied),
        Row(.license, noGPL, Sample(license: "LicenseRef-other"), .pass),
        Row(.license, noGPL + "\nunknown = \"deny\"", Sample(license: "LicenseRef-other"), .refuse, .licenseUnknown),
    ]

    private static let safe = "[format]\nallow = [\"gguf\"]"
    private static let contents: [Row] = [
        Row(.format, "", Sample(), .pass), Row(.format, "", Sample(format: "mlx"), .pass),
        Row(.format, "", Sample(format: "pytorch"), .refuse, .format),
        Row(.format, "", Sample(format: "PyTorch"), .refuse, .format),
        Row(.format, "", Sample(format: nil, files: ["model/pytorch_model.bin"]), .refuse, .format),
        Row(.format, "", Sample(files: ["model/x.gguf", "model/sub/CODE.PT"]), .refuse, .format),
        Row(.format, "", Sample(files: ["model/x.gguf", "model/vocab.pkl"]), .refuse, .format),
        Row(.format, "", Sample(contents: ["model/data.dat": .pickle]), .refuse, .format),
        Row(.format, "", Sample(contents: ["model/data.dat": .torchScript]), .refuse, .format),
        Row(.format, "", Sample(contents: ["model/image.tar": .containerImage]), .pass),
        Row(.format, safe, Sample(), .pass), Row(.format, safe, Sample(format: "mlx"), .refuse, .format),
        Row(.format, safe, Sample(files: ["model/x.safetensors"]), .refuse, .format),
        Row(.format, "[format]\nallow = [\"pytorch\"]", Sample(format: "pytorch", files: ["model/a.bin"]), .pass),
        Row(.format, "[format]\nallow = [\"pytorch\"]", Sample(), .refuse, .format),
        Row(.architecture, "", Sample(architecture: nil), .notApplicable),
        Row(.architecture, "[architecture]\nallow = [\"LLAMA\"]", Sample(architecture: "Llama"), .pass),
        Row(.architecture, "[architecture]\nallow = [\"qwen2\"]", Sample(), .refuse, .architecture),
        Row(.architecture, "[architecture]\nallow = [\"llama\"]", Sample(architecture: nil), .refuse, .architecture),
        Row(.architecture, "[architecture]\ndeny = [\"llama\"]", Sample(), .refuse, .architecture),
        Row(.architecture, "[architecture]\ndeny = [\"llama\"]", Sample(architecture: nil), .pass),
        Row(.size, "", Sample(), .notApplicable), Row(.size, "[size]\npackage = 100", Sample(), .pass),
        Row(.size, "[size]\npackage = 99", Sample(), .refuse, .size),
        Row(.probe, "", Sample(), .notApplicable), Row(.probe, "[probe]\nrequired = false", Sample(), .notApplicable),
        Row(.probe, "[probe]\nrequired = true", Sample(), .pending),
        Row(.probe, "[probe]\nrequired = true", Sample(files: []), .notApplicable),
        Row(.scanner, "", Sample(), .notApplicable),
        Row(.scanner, "[scanner]\ncommand = [\"/bin/true\"]", Sample(), .pending),
        Row(.scanner, "[scanner]\ncommand = [\"/bin/true\"]\nmax_file_size = 99", Sample(), .refuse, .notScanned),
        Row(
            .scanner, "[scanner]\ncommand = [\"/bin/true\"]\nmax_file_size = 99\nunscanned = [\"*.gguf\"]", Sample(),
            .pending),
    ]

    private static let limits = "[[signer]]\nfingerprint = \"\(one)\"\nnames = [\"acme/*\"]\nnot_before = 2026-03-01\n"
    private static let closed = limits + "[[signer]]\nfingerprint = \"*\"\nnames = []\n"
    private static let elsewhere = "[[signer]]\nfingerprint = \"\(one)\"\nnames = [\"other/*\"]\n"
    static let signers: [Row] = [
        Row(.threshold, "", Sample(), .notApplicable),
        Row(.threshold, "[signature]\nthreshold = 1", Sample(), .refuse, .threshold),
        Row(.threshold, "[signature]\nthreshold = 2", Sample(signers: [signer(one), signer(other)]), .pass),
        Row(
            .threshold, "[signature]\nthreshold = 2", Sample(signers: [signer(one), signer(one)]), .refuse, .threshold),
        Row(.threshold, "[signature]\nthreshold = 2", Sample(signers: nil), .pending),
        Row(
            .threshold, closed + "[signature]\nthreshold = 2", Sample(signers: [signer(one), signer(other)]), .refuse,
            .threshold),
        Row(.signerScope, limits, Sample(), .notApplicable),
        Row(.signerScope, limits, Sample(signers: [signer(one)]), .pass),
        Row(.signerScope, limits, Sample(signers: [signer(other)]), .pass),
        Row(.signerScope, closed, Sample(signers: [signer(other)]), .refuse, .signerScope),
        Row(.signerScope, elsewhere, Sample(signers: [signer(one)]), .refuse, .signerScope),
        Row(.signerScope, elsewhere, Sample(signers: [signer(one), signer(other)]), .pass),
        Row(.signerScope, elsewhere, Sample(signers: nil), .pending),
        Row(.signingDate, "", Sample(signers: [signer(one)]), .notApplicable),
        Row(.signingDate, limits, Sample(signers: [signer(one, at: "2026-03-01T00:00:00Z")]), .pass),
        Row(.signingDate, limits, Sample(signers: [signer(one, at: "2026-02-28T23:59:59Z")]), .refuse, .signingDate),
        Row(
            .signingDate, limits, Sample(signers: [signer(one, at: "2026-01-01T00:00:00Z"), signer(other)]), .pass),
    ]

    private static func stored(_ versions: (String, String?)...) -> PolicySubject.Store {
        PolicySubject.Store(
            held: ByteCount(60), needed: ByteCount(40),
            versions: versions.map { PolicySubject.Version(number: $0.0, signedAt: $0.1.flatMap(Timestamp.init)) })
    }

    private static let forward = "[downgrade]\nallowed = false"
    private static let june = "2026-06-01T00:00:00Z"
    static let stores: [Row] = [
        Row(.quota, "", Sample(store: stored()), .notApplicable),
        Row(.quota, "[store]\nquota = 100", Sample(store: stored()), .pass),
        Row(.quota, "[store]\nquota = 99", Sample(store: stored()), .refuse, .quota),
        Row(
            .quota, "[store]\nquota = 10",
            Sample(store: PolicySubject.Store(held: ByteCount(60), needed: ByteCount(0), versions: nil)), .pass),
        Row(.downgrade, "", Sample(store: stored(("3.0", nil))), .notApplicable),
        Row(.downgrade, forward, Sample(store: stored()), .notApplicable),
        Row(.downgrade, forward, Sample(store: stored(("1.9", nil), ("1.10", nil))), .pass),
        Row(.downgrade, forward, Sample(version: "1.9", store: stored(("1.10", nil))), .refuse, .downgrade),
        Row(.downgrade, forward, Sample(version: "1.10", store: stored(("1.9", nil), ("2", nil))), .refuse, .downgrade),
        Row(.downgrade, forward, Sample(version: "2.0.1", store: stored(("2", nil))), .pass),
        Row(
            .downgrade, forward,
            Sample(version: "00010000000000000000000001", store: stored(("9999999999999999999999", nil))),
            .pass),
        Row(.downgrade, forward, Sample(version: "sha-1", store: stored(("sha-2", nil))), .refuse, .downgrade),
        Row(
            .downgrade, forward, Sample(version: "sha-1", signers: [signer(one)], store: stored(("sha-2", june))), .pass
        ),
        Row(
            .downgrade, forward,
            Sample(
                version: "sha-1", signers: [signer(one, at: "2026-05-31T00:00:00Z")], store: stored(("sha-2", june))),
            .refuse, .downgrade),
        Row(
            .downgrade, forward, Sample(version: "sha-1", signers: [signer(one)], store: stored(("1", nil))), .refuse,
            .downgrade),
        Row(.downgrade, forward, Sample(signers: nil, store: stored(("1", nil))), .pending),
        Row(.downgrade, forward, Sample(version: "2", store: stored(("2.0", nil))), .refuse, .downgrade),
    ]

    @Test(arguments: licenses + contents + signers + stores)
    func judges(_ row: Row) throws {
        let verdict = try judge(row.sample, row.policy)
        let found = try #require(finding(row.rule, verdict))
        #expect(found.verdict == row.verdict)
        #expect(found.error?.code == row.code)
        guard row.verdict == .refuse else { return }
        #expect(verdict.verdict == .refuse)
        #expect(verdict.refusal?.exitStatus == .policy)
        #expect(found.error?.message.hasPrefix("acme/demo:\(row.sample.version) is refused by policy: ") == true)
        #expect(found.remedy?.isEmpty == false && found.error?.hint?.isEmpty == false)
    }

    @Test func givesAFindingForEachRuleOnWhatComesIn() throws {
        let rules = try judge(Sample()).findings.map(\.rule)
        #expect(rules == PolicyRule.allCases.filter { $0 != .export })
    }

    @Test func aPackageHasToSatisfyBothFilesAtOnce() throws {
        let licenses = ["[license]\nallow = [\"MIT\", \"ISC\"]", "[license]\nallow = [\"ISC\", \"Zlib\"]"]
        #expect(try judge(Sample(license: "MIT OR Zlib"), licenses[0], licenses[1]).refusal?.code == .licenseNotAllowed)
        #expect(try judge(Sample(license: "MIT OR ISC"), licenses[0], licenses[1]).refusal == nil)
        let pickles = "[format]\nallow = [\"pytorch\"]"
        #expect(try judge(Sample(format: "pytorch", files: []), pickles, "").refusal?.code == .format)
        #expect(try judge(Sample(format: "pytorch", files: []), pickles, pickles).refusal == nil)
        let scopes = try judge(Sample(signers: [Self.signer(Self.one)]), Self.limits, Self.elsewhere)
        #expect(scopes.refusal?.code == .threshold || scopes.refusal?.code == .signerScope)
    }

    @Test func acceptingTheLicenceAnswersTheQuestionOnly() throws {
        var request = PolicyRequest(user: "alice")
        request.isAcceptingLicense = true
        let asked = try judge(Sample(license: nil), "[license]\nunknown = \"ask\"", request: request)
        #expect(finding(.license, asked)?.verdict == .allowed)
        #expect(asked.question == nil && asked.verdict == .allowed)
        let denied = try judge(Sample(license: nil), "[license]\nunknown = \"deny\"", request: request)
        #expect(denied.refusal?.code == .licenseUnknown)
    }

    @Test(arguments: [
        PolicyRule.license, .format, .architecture, .size, .threshold, .quota, .downgrade, .signerScope, .signingDate,
    ])
    func aUserWithLeaveOverridesOneRule(_ rule: PolicyRule) throws {
        let row = try #require(
            (Self.licenses + Self.contents + Self.signers + Self.stores).first {
                $0.rule == rule && $0.verdict == .refuse
            })
        let leave = "\n[[override]]\nrule = \"\(rule.rawValue)\"\nusers = [\"alice\"]\n"
        var request = PolicyRequest(user: "alice")
        request.overrides = [rule]
        request.reason = "tested"
        let verdict = try judge(row.sample, row.policy + leave, request: request)
        #expect(finding(rule, verdict)?.verdict == .overridden)
        let overridden = verdict.json["overrides"]?.array?.map { $0["rule"]?.string }
        #expect(overridden == [rule.rawValue])
        #expect(verdict.json["overrides"]?.array?.first?["reason"] == "tested")
        #expect(throws: PolicyError.self) { try judge(row.sample, row.policy, request: request) }
        request = PolicyRequest(user: "bob")
        request.overrides = [rule]
        let error = #expect(throws: PolicyError.self) { try judge(row.sample, row.policy + leave, request: request) }
        #expect(error?.code == .override)
    }

    @Test(arguments: [
        ("Proprietary", "", false), ("proprietary", "", false), ("All Rights Reserved", "", false),
        ("LicenseRef-Proprietary", "", false), ("MIT OR Proprietary", "", true), ("MIT AND Proprietary", "", false),
        ("MIT", "", true), ("llama3.1", "", true), (nil, "", true), ("CC-BY-NC-4.0", "", true),
        ("CC-BY-NC-4.0", "[export]\ndeny = [\"CC-BY-NC-4.0\"]", false),
        ("MIT", "[export]\nredistribution = \"required\"", true),
        ("llama3.1", "[export]\nredistribution = \"required\"", false),
        (nil, "[export]\nredistribution = \"required\"", false),
        ("llama3.1", "[export]\nredistribution = \"required\"\nallow = [\"llama3.1\"]", true),
        ("Proprietary", "[export]\nallow = [\"Proprietary\"]", false),
        ("some words", "[export]\nredistribution = \"required\"", false),
    ])
    func saysWhatMayLeave(_ license: String?, _ text: String, _ isLeaving: Bool) throws {
        let finding = PolicyJudge.export(license: license, try Self.policy([text]))
        #expect(finding.verdict == (isLeaving ? .pass : .refuse))
        #expect(finding.error?.code == (isLeaving ? nil : .redistribution))
    }

    @Test func textOfAPackageCannotForgeALine() throws {
        let verdict = try judge(Sample(license: "a\nb\u{1B}[31m"), Self.mit)
        let shown = try #require(finding(.license, verdict))
        #expect(!shown.value.unicodeScalars.contains { $0.isTerminalControl })
        #expect(shown.error?.message.unicodeScalars.contains { $0.isTerminalControl } == false)
    }
}
