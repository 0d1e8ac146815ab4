// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What one rule makes of a package.
package struct PolicyFinding: Sendable {
    /// The verdict on one rule; the raw value is what scripts see.
    package enum Verdict: String, Sendable, CaseIterable {
        case pass
        /// The rule says nothing here.
        case notApplicable = "not-applicable"
        /// The rule is judged later, when the data or the signature is there.
        case pending
        /// The package passes only because somebody let it.
        case allowed
        /// A user to whom the policy gives leave overrode the rule.
        case overridden
        /// Somebody has to accept it.
        case ask
        case refuse
    }

    package let rule: PolicyRule
    package let verdict: Verdict
    /// What was judged.
    package let value: String
    /// What would satisfy the rule.
    package let remedy: String?
    /// Why the package is refused, or would be if nobody accepted it.
    package let error: PolicyError?

    /// Makes a finding without an error.
    package init(_ rule: PolicyRule, _ verdict: Verdict, _ value: String, remedy: String? = nil) {
        self.init(rule, verdict, value, remedy: remedy, error: nil)
    }

    private init(_ rule: PolicyRule, _ verdict: Verdict, _ value: String, remedy: String?, error: PolicyError?) {
        self.rule = rule
        self.verdict = verdict
        self.value = value.excerptForOneLine
        self.remedy = remedy
        self.error = error
    }

    /// A refusal, or a question.
    ///
    /// - Parameters:
    ///   - rule: The rule.
    ///   - code: The rule's identifier for it.
    ///   - value: What was judged.
    ///   - message: The end of the error's sentence.
    ///   - remedy: What would satisfy the rule.
    ///   - isAsking: Whether somebody may accept it.
    /// - Returns: The finding.
    static func against(
        _ rule: PolicyRule, _ code: PolicyError.Code, _ value: String, _ message: String, remedy: String,
        asking isAsking: Bool = false
    ) -> PolicyFinding {
        PolicyFinding(
            rule, isAsking ? .ask : .refuse, value, remedy: remedy,
            error: PolicyError(code, message, hint: "Satisfied by: \(remedy)."))
    }

    /// The same finding, its error a sentence about a package.
    package func about(_ name: PackageName, _ version: PackageVersion?) -> PolicyFinding {
        guard let error else { return self }
        let subject = name.description + (version.map { ":\($0)" } ?? "")
        return PolicyFinding(
            rule, verdict, value, remedy: remedy,
            error: PolicyError(error.code, "\(subject) is refused by policy: \(error.message)", hint: error.hint))
    }

    /// The same finding, overridden.
    func overridden(by user: String) -> PolicyFinding {
        PolicyFinding(rule, .overridden, value, remedy: "overridden by \(user)", error: nil)
    }

    /// The finding as `--json` shows it.
    package var json: JSONValue {
        [
            "rule": .string(rule.rawValue), "verdict": .string(verdict.rawValue), "value": .string(value),
            "remedy": .text(remedy),
        ]
    }
}

/// What a policy makes of a package, rule by rule.
package struct PolicyVerdict: Sendable {
    /// The digest of the policy files; `nil` without files.
    package let digest: SHA256Digest?
    /// In the order of the rules.
    package private(set) var findings: [PolicyFinding]
    /// Who asked for what.
    package let request: PolicyRequest
    /// What scanners said.
    package var scans: [JSONValue] = []
    /// What came of loading each model once.
    package var probes: [JSONValue] = []

    init(digest: SHA256Digest?, findings: [PolicyFinding], request: PolicyRequest) {
        self.digest = digest
        self.findings = findings
        self.request = request
    }

    /// Puts a finding in the place of that of the same rule.
    package mutating func put(_ finding: PolicyFinding) {
        findings.removeAll { $0.rule == finding.rule }
        findings.append(finding)
        let order = PolicyRule.allCases
        findings.sort { order.firstIndex(of: $0.rule) ?? 0 < order.firstIndex(of: $1.rule) ?? 0 }
    }

    /// Why the package is refused: the first rule that does; `nil` where it may pass or somebody is to be asked.
    package var refusal: PolicyError? { findings.lazy.filter { $0.verdict == .refuse }.compactMap(\.error).first }

    /// What somebody has to accept; `nil` where nobody has to be asked.
    package var question: PolicyError? { findings.lazy.filter { $0.verdict == .ask }.compactMap(\.error).first }

    /// The verdict on the whole: the worst one.
    package var verdict: PolicyFinding.Verdict {
        let order: [PolicyFinding.Verdict] = [.refuse, .ask, .overridden, .allowed]
        return order.first { worst in findings.contains { $0.verdict == worst } } ?? .pass
    }

    /// What the policy made of it, as receipts and `--json` hold it.
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "verdict": .string(verdict.rawValue), "digest": .text(digest?.description),
            "rules": .array(findings.map(\.json)),
        ]
        let overridden = findings.filter { $0.verdict == .overridden }.map(\.rule)
        if !overridden.isEmpty {
            members["overrides"] = .array(
                overridden.map { rule in
                    [
                        "rule": .string(rule.rawValue), "by": .string(request.user),
                        "reason": .text(request.reason?.escapedForOneLine),
                    ]
                })
        }
        if !scans.isEmpty { members["scans"] = .array(scans) }
        if !probes.isEmpty { members["probes"] = .array(probes) }
        return .object(members)
    }
}
