// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// One import under the store's lock, from the decision to the outcome.
///
/// Nothing is visible before the version's folder is renamed into place; `docs/store.md` has the steps and what
/// becomes of each when the process dies there.
struct ImportTransaction {
    let writing: WritingHome
    let package: any ImportablePackage
    let request: ImportRequest
    let progress: any ProgressObserver
    /// Evidence that was taken before there was a store.
    let earlyEvidence: ImportEvidence?

    private var name: PackageName { package.manifest.name }

    /// Runs the import.
    ///
    /// - Throws: What stands against it, after an audit line that says so; then nothing has changed.
    func run() throws -> ImportResult {
        let decision = ImportDecision(package: package)
        let catalog = writing.catalog
        var versions: [StoredVersion] = []
        var evidence = earlyEvidence
        let standing: ImportPreview.Standing
        do {
            versions = try catalog.versions(of: name).versions
            standing = decision.standing(among: versions)
            if case .present(let version) = standing {
                return try ImportAddition(
                    transaction: self, stored: try catalog.package(of: version, home: writing.home)
                ).run(evidence: evidence)
            }
            if evidence == nil, package.signatureIsKnown { evidence = try request.approve(nil) }
            try decision.checkSpelling(names: try catalog.names(), versions: versions)
            try decision.checkConflict(standing, isReplacing: request.isReplacing)
            try checkSpace(decision)
        } catch {
            try record(error, of: nil)
            throw error
        }
        let intent = try writing.audit.intent(event(evidence))
        let committed: Committed
        do {
            committed = try commit(evidence: evidence, intent: intent)
        } catch {
            undo()
            try record(error, of: intent)
            throw error
        }
        return try finish(committed, replacing: standing, intent: intent)
    }

    /// What the transaction made durable.
    private struct Committed {
        let evidence: ImportEvidence
        let written: ByteCount
    }

    private func commit(evidence: ImportEvidence?, intent: AuditHead) throws -> Committed {
        let area = try StagingArea(for: package.identity, in: writing.staging, blobs: writing.blobs)
        let verdicts = try package.read(into: area, stoppingAtFirstFault: true, progress: progress)
        let final = try evidence ?? request.approve(nil)
        for verdict in verdicts {
            if let fault = verdict.error(in: package.source) { throw fault }
        }
        for file in package.files where !area.completed.contains(file.path) {
            throw BundleError(
                .missingEntry, "validation failed: \(file.path.escapedForOneLine) was not read from \(package.source)",
                hint: "Copy the package again, or ask the sender for a new copy.")
        }
        let files = try stageOwnFiles(in: area)
        try checkHeaders(in: area)
        try Task.checkCancellation()

        let journal = CommitJournal(identity: package.identity, digests: files.map(\.sha256))
        try journal.publish(in: area.folder)
        try writing.staging.sync()
        let written = try area.publishBlobs()
        let receipt = Receipt(
            of: package.manifest, identity: package.identity, content: package.content, files: files, evidence: final,
            from: request.origin, hasOwnChecksums: package.hasOwnChecksums, audit: intent, at: writing.context.clock(),
            context: writing.context)
        try VersionBuilder(blobs: writing.blobs).build(receipt, as: StagingArea.version, in: area.folder)
        let model = try ModelFolder(making: name, in: writing.models)
        try area.folder.rename(
            StagingArea.version, to: StoreLayout.folderName(receipt.version, receipt.identity), in: model.folder)
        try model.folder.sync()
        return Committed(evidence: final, written: written)
    }

    /// From here on the version is there, and whatever fails is made up for by the next writer.
    private func finish(
        _ committed: Committed, replacing standing: ImportPreview.Standing, intent: AuditHead
    ) throws -> ImportResult {
        let model = try ModelFolder(making: name, in: writing.models)
        if request.isActivating {
            try model.activate(
                package.manifest.version, package.identity, audit: intent, at: writing.context.clock(),
                context: writing.context)
        }
        var warnings = committed.evidence.warnings
        if let fault = writing.publishIndex(changed: [name]) { warnings.append(fault.asWarning) }
        try writing.staging.removeTree(package.identity.hex)
        let audit = try writing.audit.outcome(event(committed.evidence), .done, of: intent)
        let catalog = writing.catalog
        let versions = try catalog.versions(of: name).versions
        guard let version = versions.first(where: { $0.identity == package.identity }) else {
            throw StoreError.damaged(model.folder.path, "has lost the version that was just imported")
        }
        let replaced: [StoredVersion] = if case .conflicting(let others) = standing { others } else { [] }
        return ImportResult(
            outcome: .imported, package: try catalog.package(of: version, home: writing.home), replaced: replaced,
            written: committed.written, warnings: warnings, audit: audit)
    }

    /// Leaves the store as it was; what cannot be cleaned up now is left to the next writer.
    private func undo() {
        do {
            try writing.discardStaging(package.identity.hex)
        } catch {
            // The error that led here is the one to tell.
        }
    }

    /// Writes down that the import was refused or failed.
    func record(_ error: any Error, of intent: AuditHead?) throws {
        let refusal = ImportRefusal(error)
        do {
            try writing.audit.outcome(event(nil), refusal.result, error: refusal.identifier, of: intent)
        } catch is FileError {
            // The intent stays open, and the next writer ends it; the error that led here is the one to tell.
        }
    }

    /// The audit event of this import.
    func event(_ evidence: ImportEvidence?, adding details: [String: JSONValue] = [:]) -> AuditEvent {
        var members: [String: JSONValue] = [
            "activate": .bool(request.isActivating), "from": .string(request.origin),
            "size": .integer(package.files.reduce(0) { $0 + $1.size }),
        ]
        if request.isReplacing { members["replace"] = true }
        if let evidence {
            members["signature"] = evidence.signature["status"] ?? .null
            members["trusted"] = .bool(evidence.isTrusted)
        }
        return AuditEvent(
            "import", model: "\(name):\(package.manifest.version)", identity: package.identity,
            details: members.merging(details) { $1 })
    }

    private func checkSpace(_ decision: ImportDecision) throws {
        let copies: Int64 = try writing.takesLinks() ? 1 : 2
        let needed = try decision.needed(isHeld: { try writing.blobs.holds($0, size: $1) }, copies: copies)
        // Room for the receipt, the index and folders.
        let slack = ByteCount(needed.bytes + (1 << 20))
        try decision.checkSpace(needed: slack, free: try writing.root.freeSpace(), at: writing.root.path)
    }

    /// Stages the list, the signatures and the manifest, and says what `package/` will hold.
    private func stageOwnFiles(in area: StagingArea) throws -> [StoredFile] {
        var roles = [PackageEntryName.manifest: "manifest"]
        for file in package.manifest.files { roles[file.path] = file.roleName }
        var files = package.files.map {
            StoredFile(path: $0.path, roleName: roles[$0.path] ?? $0.role.rawValue, sha256: $0.sha256, size: $0.size)
        }
        func add(_ bytes: [UInt8], _ path: String, _ role: String) throws {
            let digest = try area.add(bytes)
            files.append(StoredFile(path: path, roleName: role, sha256: digest, size: Int64(bytes.count)))
        }
        try add(package.checksumsBytes, PackageEntryName.checksums, "checksums")
        if let signature = package.signature { try add(signature, PackageEntryName.signature, "signature") }
        if let bundle = package.modelSignature { try add(bundle, PackageEntryName.modelSignature, "model-signature") }
        return files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    private func checkHeaders(in area: StagingArea) throws {
        for file in package.manifest.files
        where [.weights, .projector, .adapter].contains(file.role) && file.path.lowercased().hasSuffix(".gguf") {
            let content = try area.content(file.sha256)
            let named = try OwnedDescriptor.duplicating(content.raw, path: "\(file.path) in \(package.source)")
            _ = try GGUFHeader(reading: named)
        }
    }
}

/// What an error means for the audit log.
struct ImportRefusal {
    let result: AuditLine.Result
    let identifier: String

    /// Classifies an error.
    init(_ error: any Error) {
        guard let error = error as? any PresentableError else {
            result = .failed
            identifier = error is CancellationError ? "interrupted" : "internal.unexpected"
            return
        }
        identifier = error.identifier
        switch error.exitStatus {
        case .invalidContent, .signature, .policy, .alreadyExists, .usage, .notFound: result = .refused
        case .done, .unexpected, .partlyDone, .engine, .environment, .interrupted, .terminated, .outputClosed:
            result = .failed
        }
    }
}
