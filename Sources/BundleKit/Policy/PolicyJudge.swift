// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Judges packages by a policy.
package struct PolicyJudge: Sendable {
    let policy: Policy
    let request: PolicyRequest

    /// Takes a policy and what is asked of it.
    ///
    /// - Throws: `PolicyError`, code `override`, where the policy does not let the user override what is asked for.
    package init(_ policy: Policy, _ request: PolicyRequest) throws(PolicyError) {
        self.policy = policy
        self.request = request
        for rule in PolicyRule.allCases
        where request.overrides.contains(rule) && !policy.lets(request.user, override: rule) {
            throw PolicyError(
                .override,
                "refused by policy: \(request.user.escapedForOneLine) may not override the rule \(rule.rawValue)",
                hint: "The policy says who may: [[override]] with rule = \"\(rule.rawValue)\" and users.")
        }
    }

    /// The same judge for somebody who accepts a licence that cannot be judged.
    package func acceptingLicense() throws(PolicyError) -> PolicyJudge {
        var request = request
        request.isAcceptingLicense = true
        return try PolicyJudge(policy, request)
    }

    /// Judges a package by every rule that can be judged by now.
    ///
    /// - Parameters:
    ///   - subject: The package.
    ///   - signature: What the rule on signatures makes of it, which is not judged here.
    /// - Returns: A finding for each rule on what comes in.
    package func judge(_ subject: PolicySubject, signature: PolicyFinding) -> PolicyVerdict {
        var findings = [signature]
        findings += signers(of: subject)
        findings += [
            license(of: subject), format(of: subject), architecture(of: subject), size(of: subject),
            quota(of: subject), downgrade(of: subject), scanner(of: subject), probe(of: subject),
        ].map(settled)
        return PolicyVerdict(
            digest: policy.digest, findings: findings.map { $0.about(subject.name, subject.version) }, request: request)
    }

    /// Judges again what the staged files tell more of.
    ///
    /// - Parameters:
    ///   - subject: The package with what is known of its files now.
    ///   - verdict: What was found before.
    package func judgeFiles(_ subject: PolicySubject, in verdict: inout PolicyVerdict) {
        for finding in [format(of: subject), architecture(of: subject)] {
            verdict.put(settled(finding).about(subject.name, subject.version))
        }
    }

    /// The finding, or that it is overridden.
    package func settled(_ finding: PolicyFinding) -> PolicyFinding {
        guard finding.verdict == .refuse || finding.verdict == .ask, request.overrides.contains(finding.rule) else {
            return finding
        }
        return finding.overridden(by: request.user)
    }

    static func list(_ texts: some Sequence<String>) -> String {
        let all = Set(texts).sorted()
        guard !all.isEmpty else { return "none" }
        return all.prefix(20).joined(separator: ", ") + (all.count > 20 ? " and \(all.count - 20) more" : "")
    }
}
