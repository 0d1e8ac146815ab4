// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// What a package's signatures and the policy make of it on this host.
struct PackageVerdict {
    /// `nil` where the signature comes behind data that was not read.
    let signature: SignatureVerdict?
    var policy: PolicyVerdict

    /// Why the package is refused, the signature first; `nil` where it may pass or somebody has to be asked.
    var refusal: (any PresentableError)? { signature?.refusal ?? policy.refusal }

    var warnings: [Warning] { signature?.warnings ?? [] }

    var isTrusted: Bool { signature?.isTrusted ?? false }

    private func isTold(_ finding: PolicyFinding) -> Bool {
        switch finding.rule {
        case .signature: false
        // Who asked for a probe is told where there is nothing to probe.
        case .probe where policy.request.isProbing: finding.verdict != .pass
        default: ![.pass, .notApplicable, .pending].contains(finding.verdict)
        }
    }

    /// A line for each rule that does not just pass.
    var lines: [String] {
        policy.findings.filter(isTold)
            .map { finding in
                let remedy = finding.remedy.map { "; satisfied by: \($0)" } ?? ""
                return "policy: \(finding.rule.rawValue): \(finding.verdict.rawValue): \(finding.value)\(remedy)"
                    .escapedForOneLine
            }
    }
}

extension Trust {
    /// Judges an opened package by its signatures, as far as they are known, and by the policy.
    ///
    /// - Parameters:
    ///   - package: The package.
    ///   - request: What the command line demands of signatures.
    ///   - judge: The policy with what the command line asks of it.
    ///   - store: What the store holds; `nil` where the package is for none.
    ///   - stored: The same package, where the store holds it.
    /// - Returns: Both verdicts.
    /// - Throws: `BundleError`, `FileError` where gpg cannot be used; `CancellationError`.
    func judge(
        _ package: PackageReader, signature request: SignaturePolicy.Request, by judge: PolicyJudge,
        store: PolicySubject.Store? = nil, stored: StoredPackage? = nil
    ) throws -> PackageVerdict {
        let verdict = package.signatureIsKnown ? try self.judge(package, request: request, stored: stored) : nil
        let subject = subject(package, verdict, store: store)
        return PackageVerdict(
            signature: verdict, policy: judge.judge(subject, signature: verdict?.finding ?? SignatureVerdict.pending))
    }

    /// The policy, with nothing asked of it.
    func judge() throws(PolicyError) -> PolicyJudge {
        try PolicyJudge(policy, PolicyRequest(user: StoreContext.current(program: BaigoRelease.product).user))
    }

    /// A package as the policy sees it.
    func subject(
        _ package: PackageReader, _ verdict: SignatureVerdict?, store: PolicySubject.Store? = nil
    ) -> PolicySubject {
        PolicySubject(
            package.manifest, files: package.files, contents: package.recognisedContents,
            signers: verdict.map(counting), store: store)
    }
}

extension SignatureVerdict {
    /// What the rule on signatures says while they are not known.
    static let pending = PolicyFinding(.signature, .pending, "comes behind the data")

    /// What the rule on signatures says; its refusals are errors of their own.
    var finding: PolicyFinding {
        let value = report.status.rawValue
        return switch decision {
        case .accept: PolicyFinding(.signature, .pass, value)
        case .acceptByLeave: PolicyFinding(.signature, .allowed, value, remedy: "--allow-unsigned was given")
        case .refuse(let error):
            PolicyFinding(.signature, .refuse, value, remedy: error.hint ?? "a signature by a trusted key")
        }
    }
}
