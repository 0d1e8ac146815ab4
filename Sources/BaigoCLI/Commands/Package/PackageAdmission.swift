// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// What holds for a package that wants into the store.
struct AdmissionRules {
    /// Whether a version of the same number and other content may come beside the old one.
    var isReplacing = false
    /// Whether the version becomes the active one.
    var isActivating = true
    /// What is demanded of signatures.
    var signature = SignaturePolicy.Request.asTheStoreSays
    /// What is asked of the policy.
    var policy: PolicyRequest
    /// How long to wait for another writer.
    var wait = Duration.zero
}

/// The way of one package into the store: what `import` does for one and `ingest` for many.
struct PackageAdmission {
    /// A package against which nothing stands before its data is read.
    struct Prepared {
        let package: PackageReader
        let verdict: PackageVerdict
        let preview: ImportPreview
        fileprivate let judge: PolicyJudge
    }

    let store: ModelStore
    let trust: Trust
    let rules: AdmissionRules
    /// Where the package comes from, for receipt and audit log: an absolute path, or "standard input".
    let origin: String
    /// Whether a refusal is written into the audit log.
    let isRecording: Bool
    let context: CommandContext

    /// Opens the package and finds out what stands against it before its data is read.
    ///
    /// - Parameters:
    ///   - open: Opens it.
    ///   - opened: Takes notice of the package and of its signature, before a refusal is thrown.
    ///   - accept: Asks whether a licence that cannot be judged is accepted.
    ///   - stood: Takes notice of how it stands to what is in the store.
    /// - Returns: The package.
    /// - Throws: What stands against it, after an audit line that says so.
    func prepare(
        open: () throws -> PackageReader, opened: (PackageReader, PackageVerdict) throws -> Void = { _, _ in },
        accept: (PolicyError) throws -> Bool = { _ in false },
        stood: (ImportPreview.Standing) throws -> Void = { _ in }
    ) throws -> Prepared {
        var found: PackageReader?
        do {
            let package = try open()
            found = package
            var judge = try PolicyJudge(trust.policy, rules.policy)
            var verdict = try judged(package, by: judge)
            try opened(package, verdict)
            if let refusal = verdict.refusal { throw refusal }
            if let question = verdict.policy.question {
                guard try accept(question) else { throw question }
                judge = try judge.acceptingLicense()
                verdict = try judged(package, by: judge)
            }
            let preview = try store.preview(package, replacing: rules.isReplacing)
            try stood(preview.standing)
            return Prepared(package: package, verdict: verdict, preview: preview, judge: judge)
        } catch let error as any PresentableError {
            try record(error, of: found)
            throw error
        }
    }

    private func judged(_ package: PackageReader, by judge: PolicyJudge) throws -> PackageVerdict {
        try trust.judge(
            package, signature: rules.signature, by: judge, store: try store.policyState(for: package, trust.policy),
            stored: try store.stored(package))
    }

    /// Takes the package in.
    ///
    /// - Throws: As `ModelStore.importPackage`.
    func carryOut(_ prepared: Prepared, progress: any ProgressObserver) throws -> ImportResult {
        let package = prepared.package
        let examination = StagedExamination(
            trust: trust, judge: prepared.judge, package: package, environment: context.scannerEnvironment,
            probe: ModelProbe { [context] in try Host(context).engine() })
        var verdict = prepared.verdict
        let request = ImportRequest(
            isReplacing: rules.isReplacing, isActivating: rules.isActivating, wait: rules.wait, from: origin,
            examine: { tree, evidence in
                try examination.run(tree, &verdict)
                return evidence.with(policy: verdict.policy.json)
            },
            approve: { stored in
                verdict = try judged(package, by: prepared.judge)
                if let refusal = verdict.refusal ?? verdict.policy.question { throw refusal }
                for rule in [PolicyRule.scanner, .probe] where stored != nil {
                    verdict.policy.put(PolicyFinding(rule, .notApplicable, "in the store already"))
                }
                return ImportEvidence(
                    signature: verdict.signature?.json ?? .null, isTrusted: verdict.isTrusted,
                    policy: verdict.policy.json, warnings: package.warnings + verdict.warnings,
                    mergedSignature: try trust.merged(package, into: stored, verdict))
            })
        return try store.importPackage(package, request, progress: progress)
    }

    /// Writes a refusal into the audit log; a log that cannot be written now takes nothing from the refusal itself.
    func record(_ refusal: any PresentableError, of package: PackageReader?) throws {
        guard isRecording, refusal.isRefusal else { return }
        let event = AuditEvent(
            "import", model: package.map { "\($0.manifest.name):\($0.manifest.version)" }, identity: package?.identity,
            details: ["from": .string(origin.escapedForOneLine)])
        if let fault = try store.noteRefusal(event, error: refusal) { try? context.errorOutput.warnings([fault]) }
    }
}

extension PresentableError {
    /// Whether a package is to blame, and not this host.
    var isRefusal: Bool { [.invalidContent, .signature, .policy, .alreadyExists].contains(exitStatus) }
}
