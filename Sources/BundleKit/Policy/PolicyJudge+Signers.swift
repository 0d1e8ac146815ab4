// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension PolicyJudge {
    private typealias Signer = SignatureReport.Signer

    /// The rules on who signed, when, and how many: each judges the signatures that the one before left.
    func signers(of subject: PolicySubject) -> [PolicyFinding] {
        let rules: [PolicyRule] = [.threshold, .signerScope, .signingDate]
        guard let counting = subject.signers else {
            return rules.map { rule in
                PolicyFinding(
                    rule, policy.documents.contains { $0.states(rule) } ? .pending : .notApplicable,
                    "the signature comes behind the data")
            }
        }
        let (scope, inScope) = scope(counting, name: subject.name.description)
        let (date, inTime) = date(inScope)
        return [threshold(inTime), scope, date]
    }

    private func threshold(_ signers: [Signer]) -> PolicyFinding {
        let count = Int64(Set(signers.compactMap(\.fingerprint)).count)
        guard policy.threshold > 0 else { return PolicyFinding(.threshold, .notApplicable, "\(count)") }
        guard count < policy.threshold else { return PolicyFinding(.threshold, .pass, "\(count)") }
        return settled(
            .against(
                .threshold, .threshold, "\(count)",
                "\(count) distinct trusted keys signed, and \(policy.threshold) are needed",
                remedy: "signatures by \(policy.threshold) distinct trusted keys"))
    }

    private func scope(_ signers: [Signer], name: String) -> (PolicyFinding, left: [Signer]) {
        guard !signers.isEmpty, policy.documents.contains(where: { !$0.signers.isEmpty }) else {
            return (PolicyFinding(.signerScope, .notApplicable, name), signers)
        }
        let left = signers.filter { signer in
            entries(for: signer).allSatisfy { entry in entry.names.contains { $0.matches(name) } }
        }
        guard left.isEmpty else { return (PolicyFinding(.signerScope, .pass, name), left) }
        let names = signers.flatMap { entries(for: $0) }.flatMap(\.names).map(\.description)
        let finding = settled(
            .against(
                .signerScope, .signerScope, name,
                "\(Self.list(signers.map(\.shown))) may not sign \(name), only \(Self.list(names))",
                remedy: "a signature by a key that may sign \(name)"))
        return (finding, finding.verdict == .overridden ? signers : [])
    }

    private func date(_ signers: [Signer]) -> (PolicyFinding, left: [Signer]) {
        let starts = signers.flatMap { entries(for: $0) }.compactMap(\.notBefore)
        let shown = signers.compactMap(\.createdAt).max()?.description ?? "no time"
        guard let start = starts.max() else { return (PolicyFinding(.signingDate, .notApplicable, shown), signers) }
        let left = signers.filter { signer in
            entries(for: signer).compactMap(\.notBefore).allSatisfy { start in
                signer.createdAt.map { $0 >= start } ?? false
            }
        }
        guard left.isEmpty else { return (PolicyFinding(.signingDate, .pass, shown), left) }
        let finding = settled(
            .against(
                .signingDate, .signingDate, shown,
                "it was signed at \(shown), and signatures by \(Self.list(signers.map(\.shown))) count from \(start) on",
                remedy: "a signature made at \(start) or later"))
        return (finding, finding.verdict == .overridden ? signers : [])
    }

    /// What each file says of a signer: its entry, or the one for everybody else.
    private func entries(for signer: Signer) -> [PolicyDocument.Signer] {
        policy.documents.compactMap { document in
            document.signers.first { $0.fingerprint != nil && $0.fingerprint == signer.fingerprint }
                ?? document.signers.first { $0.fingerprint == nil }
        }
    }
}
