// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// An import of content that is in the store already: at most, signatures are added.
struct ImportAddition {
    let transaction: ImportTransaction
    let stored: StoredPackage

    private var writing: WritingHome { transaction.writing }
    private var package: any ImportablePackage { transaction.package }

    /// Adds the signatures that the evidence brings, where there are new ones over the same list.
    ///
    /// What fails is ended by the next writer, for which the intent's line stays open.
    ///
    /// - Throws: `FileError`, `StoreError`.
    func run(_ evidence: ImportEvidence) throws -> ImportResult {
        guard package.identity == stored.version.identity, let merged = evidence.mergedSignature,
            try SHA256Digest(of: merged) != storedSignature?.sha256
        else {
            let audit = try writing.audit.outcome(transaction.event(evidence), .present)
            return ImportResult(
                outcome: .present, package: stored, replaced: [], written: ByteCount(0), warnings: evidence.warnings,
                audit: audit)
        }
        return try add(merged, evidence)
    }

    /// Takes the evidence, and reads the package: a damaged copy is told of, though the store needs nothing of it.
    ///
    /// - Throws: What stands against the package.
    func judge() throws -> ImportEvidence {
        let known = package.signatureIsKnown ? try transaction.request.approve(stored) : nil
        let verdicts = try package.read(into: nil, stoppingAtFirstFault: true, progress: transaction.progress)
        let evidence = try known ?? package.judge(verdicts) { try transaction.request.approve(stored) }
        if let fault = package.fault(in: verdicts) { throw fault }
        return evidence
    }

    private var storedSignature: StoredFile? { stored.files.first { $0.path == Self.signaturePath } }

    private static let signaturePath = PackageEntryName.signature

    private func add(_ merged: [UInt8], _ evidence: ImportEvidence) throws -> ImportResult {
        let event = transaction.event(evidence, adding: ["adding": "signatures"])
        let intent = try writing.audit.intent(event)
        try writing.discardStaging(package.identity.hex)
        let area = try StagingArea(for: package.identity, in: writing.staging, blobs: writing.blobs)
        let digest = try area.add(merged)
        let file = StoredFile(
            path: Self.signaturePath, roleName: "signature", sha256: digest, size: Int64(merged.count))
        let old = storedSignature.map { [$0.sha256] } ?? []
        try CommitJournal(identity: package.identity, digests: [digest] + old).publish(in: area.folder)
        try writing.staging.sync()
        let written = try area.publishBlobs()
        guard let model = try ModelFolder(stored.version.name, in: writing.models),
            let version = try VersionFolder(stored.version.folderName, in: model)
        else { throw StoreError.damaged(writing.models.path, "has lost \(stored.version.reference)") }
        try VersionBuilder(blobs: writing.blobs).place(file, as: Self.signaturePath, in: area.folder)
        let inner = try version.folder.folder(StoreLayout.package)
        try area.folder.rename(Self.signaturePath, to: Self.signaturePath, in: inner)
        try inner.sync()
        let receipt = version.receipt.adding(
            signature: file, evidence: evidence, from: transaction.request.origin, audit: intent,
            at: writing.context.clock(),
            context: writing.context)
        try version.folder.publish(receipt.bytes, as: StoreLayout.receipt)
        var warnings = evidence.warnings
        if let fault = writing.publishIndex(changed: [stored.version.name]) { warnings.append(fault.asWarning) }
        try writing.discardStaging(package.identity.hex)
        let audit = try writing.audit.outcome(event, .done, of: intent)
        return ImportResult(
            outcome: .signaturesAdded,
            package: try writing.catalog.package(of: stored.version, home: writing.home), replaced: [],
            written: written, warnings: warnings, audit: audit)
    }
}
