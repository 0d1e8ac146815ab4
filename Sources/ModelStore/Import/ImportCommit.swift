// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// The part of an import that changes the store: everything in place and active, or everything as it was.
final class ImportCommit {
    private let writing: WritingHome
    private let package: any ImportablePackage
    private let request: ImportRequest
    private let progress: any ProgressObserver
    private let intent: AuditHead
    /// Bytes of new blobs.
    private(set) var written = ByteCount(0)
    /// Contents that were damaged in the store, and were replaced.
    private(set) var repaired: [SHA256Digest] = []
    /// What was active before, once the version's folder may be in place.
    private var before: (folder: String, active: String?)?

    /// Prepares the commit that an audit line has announced.
    init(
        writing: WritingHome, package: any ImportablePackage, request: ImportRequest, progress: any ProgressObserver,
        intent: AuditHead
    ) {
        self.writing = writing
        self.package = package
        self.request = request
        self.progress = progress
        self.intent = intent
    }

    /// Stages and verifies the package, then puts it in place and activates it.
    ///
    /// - Returns: The evidence, taken after the data where it could not be taken before.
    /// - Throws: What stands against it; `undo()` has to follow then.
    func run(evidence: ImportEvidence?) throws -> ImportEvidence {
        let area = try StagingArea(for: package.identity, in: writing.staging, blobs: writing.blobs)
        try StagedImport.note(package.manifest, from: request.origin, in: area.folder)
        let verdicts = try package.read(into: area, stoppingAtFirstFault: true, progress: progress)
        let evidence = try evidence ?? package.judge(verdicts) { try request.approve(nil) }
        if let fault = package.fault(in: verdicts) { throw fault }
        for file in package.files where !area.completed.contains(file.path) {
            throw BundleError(
                .missingEntry, "validation failed: \(file.path.escapedForOneLine) was not read from \(package.source)",
                hint: "Copy the package again, or ask the sender for a new copy.")
        }
        let files = try stageOwnFiles(in: area)
        try checkHeaders(in: area)
        let final = try request.examine?(StagedTree(package.files, in: area), evidence) ?? evidence
        try Task.checkCancellation()

        try CommitJournal(identity: package.identity, digests: area.staged.keys.sorted()).publish(in: area.folder)
        try writing.staging.sync()
        written = try area.publishBlobs()
        repaired = area.damaged.keys.sorted()
        _ = try writing.renewFiles(of: Set(repaired), through: area.folder)
        let receipt = Receipt(
            of: package.manifest, identity: package.identity, content: package.content, files: files,
            evidence: final, from: request.origin, hasOwnChecksums: package.hasOwnChecksums, audit: intent,
            at: writing.context.clock(), context: writing.context)
        try VersionBuilder(blobs: writing.blobs).build(receipt, as: StagingArea.version, in: area.folder)
        try place(receipt, from: area.folder)
        return final
    }

    private func place(_ receipt: Receipt, from area: Folder) throws {
        let folder = StoreLayout.folderName(receipt.version, receipt.identity)
        let model = try ModelFolder(making: receipt.name, in: writing.models)
        before = (folder, try model.namedActive())
        try area.rename(StagingArea.version, to: folder, in: model.folder)
        try model.folder.sync()
        guard request.isActivating else { return }
        try model.activate(
            receipt.version, receipt.identity, audit: intent, at: writing.context.clock(), context: writing.context)
    }

    /// Leaves the store as it was.
    ///
    /// - Parameter isKeeping: Whether what is staged stays, for the same import to go on from there.
    /// - Returns: Whether that went well; if not, the next writer ends what the audit line announced.
    func undo(keeping isKeeping: Bool) -> Bool {
        do {
            if let model = try ModelFolder(package.manifest.name, in: writing.models) {
                if let before { try retract(before.folder, of: model, active: before.active) }
                if try model.versionFolders().isEmpty { try model.retire(in: writing.models) }
            }
            if isKeeping {
                try writing.retreat(package.identity.hex)
            } else {
                try writing.discardStaging(package.identity.hex)
            }
            return true
        } catch {
            // The error that led here is the one to tell.
            return false
        }
    }

    private func retract(_ name: String, of model: ModelFolder, active: String?) throws {
        if try model.namedActive() != active {
            if let active {
                try model.folder.publish(Array((active + "\n").utf8), as: StoreLayout.active)
            } else {
                try model.deactivate()
            }
        }
        try model.retractActivation(announcedBy: intent.sequence, of: name)
        if try model.folder.status(of: name) != nil {
            let area = try writing.staging.folder(package.identity.hex)
            try model.folder.rename(name, to: StagingArea.version, in: area)
            try model.folder.sync()
        }
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
        let total = package.manifest.totalSize
        progress.report(.verifying, completed: 0, total: total)
        for file in package.manifest.files where [.weights, .projector, .adapter].contains(file.role) {
            let name = file.path.lowercased()
            guard name.hasSuffix(".gguf") || name.hasSuffix(".safetensors") else { continue }
            let content = try area.content(file.sha256)
            let named = try OwnedDescriptor.duplicating(content.raw, path: "\(file.path) in \(package.source)")
            if name.hasSuffix(".gguf") {
                _ = try GGUFHeader(reading: named)
            } else {
                _ = try SafetensorsHeader(reading: named)
            }
        }
        progress.report(.verifying, completed: total, total: total)
    }
}
