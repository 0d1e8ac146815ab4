// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// An import of content that is in the store already: at most, signatures are added.
struct ImportAddition {
    let transaction: ImportTransaction
    let stored: StoredPackage

    private var writing: WritingHome { transaction.writing }
    private var package: any ImportablePackage { transaction.package }

    /// Decides and, where there are new trusted signatures over the same list, adds them.
    ///
    /// - Throws: What stands against the package.
    func run(evidence early: ImportEvidence?) throws -> ImportResult {
        try stored.checkSizes()
        let evidence = try early ?? judge()
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

    private func judge() throws -> ImportEvidence {
        guard !package.signatureIsKnown else { return try transaction.request.approve(stored) }
        // The signatures come after the data, which is judged with them.
        let verdicts = try package.read(into: nil, stoppingAtFirstFault: true, progress: transaction.progress)
        let evidence = try transaction.request.approve(stored)
        for verdict in verdicts {
            if let fault = verdict.error(in: package.source) { throw fault }
        }
        return evidence
    }

    private var storedSignature: StoredFile? { stored.files.first { $0.path == Self.signaturePath } }

    private static let signaturePath = PackageEntryName.signature

    private func add(_ merged: [UInt8], _ evidence: ImportEvidence) throws -> ImportResult {
        let event = transaction.event(evidence, adding: ["adding": "signatures"])
        let intent = try writing.audit.intent(event)
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
