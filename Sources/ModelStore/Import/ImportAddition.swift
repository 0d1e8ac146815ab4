// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// An import of content that is in the store already: at most, signatures are added.
struct ImportAddition {
    let transaction: ImportTransaction
    let stored: StoredPackage

    private var writing: WritingHome { transaction.writing }
    private var package: any ImportablePackage { transaction.package }

    /// What was found of a package that is here already.
    struct Verdict {
        let evidence: ImportEvidence
        /// What of the stored package had to be taken again.
        let repair: RepairResult
    }

    /// Adds the signatures that the evidence brings, where there are new ones over the same list.
    ///
    /// What fails is ended by the next writer, for which the intent's line stays open.
    ///
    /// - Throws: `FileError`, `StoreError`.
    func run(_ verdict: Verdict) throws -> ImportResult {
        let evidence = verdict.evidence
        var result: ImportResult
        if package.identity == stored.version.identity, let merged = evidence.mergedSignature,
            try SHA256Digest(of: merged) != storedSignature?.sha256
        {
            result = try add(merged, evidence)
        } else {
            let repaired = verdict.repair.blobs
            let details = repaired.isEmpty ? [:] : ["repaired": JSONValue(repaired: repaired)]
            let audit = try writing.audit.outcome(transaction.event(evidence, adding: details), .present)
            result = ImportResult(
                outcome: .present, package: stored, replaced: [], written: ByteCount(0), warnings: evidence.warnings,
                audit: audit)
        }
        result.repaired = verdict.repair.blobs
        result.written = ByteCount(result.written.bytes + verdict.repair.written.bytes)
        result.warnings += result.repaired.map(Warning.init(repaired:))
        return result
    }

    /// Takes the evidence, and reads the package: a damaged copy is told of, though the store needs nothing of it.
    ///
    /// What the store holds of it is read beside that, and repaired where it is damaged.
    ///
    /// - Throws: What stands against the package; `StoreError`, code `damaged`, for what cannot be repaired by it.
    func judge() throws -> Verdict {
        let look = try look(knowing: [])
        let known = package.signatureIsKnown ? try transaction.request.approve(stored) : nil
        let verdicts = try package.read(into: nil, stoppingAtFirstFault: true, progress: transaction.progress)
        let evidence = try known ?? package.judge(verdicts) { try transaction.request.approve(stored) }
        if let fault = package.fault(in: verdicts) { throw fault }
        return Verdict(evidence: evidence, repair: try mend(try look.wait()))
    }

    /// Hashes what the store holds of the package, beside other work.
    private func look(knowing good: Set<SHA256Digest>) throws -> BackgroundWork<CheckReport> {
        let (catalog, blobs, version) = (writing.catalog, writing.blobs, stored.version)
        return BackgroundWork {
            var check = StoreCheck(catalog: catalog, blobs: blobs, known: good)
            return try check.run(
                [version.name], onlyVersion: version.folderName, allBlobs: false, progress: SilentProgress())
        }
    }

    private func mend(_ report: CheckReport) throws -> RepairResult {
        guard report.lacksContent else { return RepairResult() }
        guard package.canBeReadAgain else {
            throw StoreError(
                .damaged, "\(stored.version.exactReference) is damaged in the store, and a stream is read only once",
                hint: "Import the package from a file, or run baigo check --repair with it.")
        }
        let repair = try Repair(writing: writing, report: report).run(origin: transaction.request.origin) { area in
            for bytes in [package.checksumsBytes, package.signature, package.modelSignature].compactMap(\.self) {
                try area.take(bytes)
            }
            guard area.wants(any: package.files) else { return }
            _ = try package.read(into: area, stoppingAtFirstFault: false, progress: transaction.progress)
        }
        let left = try look(knowing: report.good.union(repair.blobs)).wait()
        if left.lacksContent, let error = left.error { throw error }
        return repair
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
