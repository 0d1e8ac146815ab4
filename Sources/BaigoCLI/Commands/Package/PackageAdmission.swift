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
    /// How long to wait for another writer.
    var wait = Duration.zero
}

/// The way of one package into the store: what `import` does for one and `ingest` for many.
struct PackageAdmission {
    /// A package against which nothing stands before its data is read.
    struct Prepared {
        let package: PackageReader
        /// `nil` where the signature comes behind the data.
        let verdict: SignatureVerdict?
        let preview: ImportPreview
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
    ///   - stood: Takes notice of how it stands to what is in the store.
    /// - Returns: The package.
    /// - Throws: What stands against it, after an audit line that says so.
    func prepare(
        open: () throws -> PackageReader, opened: (PackageReader, SignatureVerdict?) throws -> Void = { _, _ in },
        stood: (ImportPreview.Standing) throws -> Void = { _ in }
    ) throws -> Prepared {
        var found: PackageReader?
        do {
            let package = try open()
            found = package
            let verdict = package.signatureIsKnown ? try trust.judge(package, request: rules.signature) : nil
            try opened(package, verdict)
            if let refusal = verdict?.refusal { throw refusal }
            let preview = try store.preview(package, replacing: rules.isReplacing)
            try stood(preview.standing)
            return Prepared(package: package, verdict: verdict, preview: preview)
        } catch let error as any PresentableError {
            try record(error, of: found)
            throw error
        }
    }

    /// Takes the package in.
    ///
    /// - Throws: As `ModelStore.importPackage`.
    func carryOut(_ prepared: Prepared, progress: any ProgressObserver) throws -> ImportResult {
        let package = prepared.package
        let request = ImportRequest(
            isReplacing: rules.isReplacing, isActivating: rules.isActivating, wait: rules.wait, from: origin
        ) { stored in
            let verdict = try trust.judge(package, request: rules.signature)
            if let refusal = verdict.refusal { throw refusal }
            return ImportEvidence(
                signature: verdict.json, isTrusted: verdict.isTrusted, policy: verdict.policy,
                warnings: package.warnings + verdict.warnings,
                mergedSignature: try trust.merged(package, into: stored, verdict))
        }
        return try store.importPackage(package, request, progress: progress)
    }

    /// Writes a refusal into the audit log; a log that cannot be written now takes nothing from the refusal itself.
    func record(_ refusal: any PresentableError, of package: PackageReader?) throws {
        guard isRecording, refusal.isRefusal else { return }
        let event = AuditEvent(
            "import", model: package.map { "\($0.manifest.name):\($0.manifest.version)" }, identity: package?.identity,
            details: ["from": .string(origin.escapedForOneLine)])
        do {
            try store.recordRefusal(event, error: refusal, wait: .seconds(2))
        } catch let error as any PresentableError {
            try context.errorOutput.line(
                "warning: the refusal is not in the audit log: " + error.message.escapedForTerminal)
        }
    }
}

extension PresentableError {
    /// Whether a package is to blame, and not this host.
    var isRefusal: Bool { [.invalidContent, .signature, .policy, .alreadyExists].contains(exitStatus) }
}
