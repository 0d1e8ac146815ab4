// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
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
        var evidence = earlyEvidence
        var addition: (ImportAddition, ImportAddition.Verdict)?
        let standing: ImportPreview.Standing
        do {
            let versions = try writing.catalog.versions(of: name).versions
            standing = decision.standing(among: versions)
            if case .present(let version) = standing {
                let stored = try writing.catalog.package(of: version, home: writing.home)
                let found = ImportAddition(transaction: self, stored: stored)
                addition = (found, try found.judge())
            } else {
                if evidence == nil, package.signatureIsKnown { evidence = try request.approve(nil) }
                try decision.checkSpelling(names: try writing.catalog.readableNames().names, versions: versions)
                try decision.checkConflict(standing, isReplacing: request.isReplacing)
                try checkPlace()
                if request.isActivating { try ModelFolder(name, in: writing.models)?.checkActivation() }
                try checkSpace(decision)
            }
        } catch {
            try record(error, of: nil)
            throw error
        }
        if let (addition, verdict) = addition { return try addition.run(verdict) }
        return try commit(evidence: evidence, standing: standing)
    }

    private func commit(evidence: ImportEvidence?, standing: ImportPreview.Standing) throws -> ImportResult {
        let intent = try writing.audit.intent(event(evidence))
        let commit = ImportCommit(
            writing: writing, package: package, request: request, progress: progress, intent: intent)
        let final: ImportEvidence
        do {
            final = try commit.run(evidence: evidence)
        } catch {
            let isKeeping = ImportRefusal(error).result == .failed
            if commit.undo(keeping: isKeeping) { try record(error, of: intent) }
            throw isKeeping ? resumable(error) : error
        }
        // Everything is in place.
        var warnings = final.warnings + commit.repaired.map(Warning.init(repaired:))
        if let fault = writing.publishIndex(changed: [name]) { warnings.append(fault.asWarning) }
        do throws(FileError) {
            try writing.staging.removeTree(package.identity.hex)
        } catch {
            warnings.append(
                Warning(identifier: error.identifier, message: "\(error.message); the next import tries again"))
        }
        let audit: AuditHead
        do {
            let details = commit.repaired.isEmpty ? [:] : ["repaired": JSONValue(repaired: commit.repaired)]
            audit = try writing.audit.outcome(event(final, adding: details), .done, of: intent)
        } catch let error as FileError {
            throw FileError(
                error.code,
                "\(name):\(package.manifest.version) is imported, but the audit log ends before: \(error.message)",
                hint: "The next command that changes the store writes the missing line.")
        }
        let versions = try writing.catalog.versions(of: name).versions
        guard let version = versions.first(where: { $0.identity == package.identity }) else {
            throw StoreError.damaged(writing.models.path, "has lost \(name), which was just imported")
        }
        let replaced: [StoredVersion] = if case .conflicting(let others) = standing { others } else { [] }
        return ImportResult(
            outcome: .imported, package: try writing.catalog.package(of: version, home: writing.home),
            replaced: replaced, written: commit.written, repaired: commit.repaired, warnings: warnings, audit: audit)
    }

    /// An error of this host that says what the same import goes on with.
    private func resumable(_ error: any Error) -> any Error {
        guard let failure = error as? FileError,
            let staged = try? StagedImport(package.identity.hex, in: writing.staging), staged.size.bytes > 0
        else { return error }
        let start = failure.hint.map { $0 + " " } ?? ""
        return FileError(failure.code, failure.message, hint: start + staged.hint)
    }

    /// Writes down that the import was refused or failed.
    func record(_ error: any Error, of intent: AuditHead?) throws {
        let refusal = ImportRefusal(error)
        do {
            let evidence = (error as? PolicyError)?.evidence.map { ["evidence": $0] } ?? [:]
            try writing.audit.outcome(
                event(nil, adding: evidence), refusal.result, error: refusal.identifier, of: intent)
        } catch is FileError {
            // An intent stays open then, and the next writer ends it; the error that led here is the one to tell.
        }
    }

    /// The audit event of this import.
    func event(_ evidence: ImportEvidence?, adding details: [String: JSONValue] = [:]) -> AuditEvent {
        var members: [String: JSONValue] = [
            "activate": .bool(request.isActivating), "from": .string(request.origin),
            "size": .integer(package.files.map(\.size).clampedSum),
        ]
        if request.isReplacing { members["replace"] = true }
        if let evidence {
            members["signature"] = evidence.signature["status"] ?? .null
            members["trusted"] = .bool(evidence.isTrusted)
            members["recorded"] = evidence.signature["recorded"]
            members["policy"] = evidence.policy["verdict"]
            members["policyDigest"] = evidence.policy["digest"]?.string.map(JSONValue.string)
            members["overrides"] = evidence.policy["overrides"]
        }
        return AuditEvent(
            "import", model: "\(name):\(package.manifest.version)", identity: package.identity,
            details: members.merging(details) { $1 })
    }

    /// Refuses a package whose folder is taken, by a version that cannot be read or one whose identity starts alike.
    private func checkPlace() throws {
        let folder = StoreLayout.folderName(package.manifest.version, package.identity)
        guard let model = try ModelFolder(name, in: writing.models), try model.folder.status(of: folder) != nil else {
            return
        }
        _ = try VersionFolder(folder, in: model)?.manifest()
        throw StoreError(
            .nameConflict, "the identity of this package starts like that of \(name):\(folder)",
            hint: "Remove that version first.")
    }

    private func checkSpace(_ decision: ImportDecision) throws {
        let copies = try writing.takesLinks() ? 1 : 2
        let staged = try StagedImport.held(by: package.identity, in: writing.staging)
        let needed = try decision.needed(
            isHeld: { try writing.blobs.holds($0, size: $1) }, staged: staged, copies: copies)
        try decision.checkSpace(
            needed: ImportDecision.room(for: needed), free: try writing.root.freeSpace(), at: writing.root.path)
    }
}

extension Warning {
    /// Says that a content of the store was damaged, and that an import replaced it.
    package init(repaired digest: SHA256Digest) {
        self.init(
            identifier: "store.repaired",
            message: "the content \(digest.hex) was damaged in the store, and was replaced by that of the package")
    }
}

extension JSONValue {
    /// Some of the digests, as many as a line of the audit log holds.
    init(repaired digests: [SHA256Digest]) {
        self = .array(digests.prefix(100).map { .string($0.hex) })
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
        case .done, .unexpected, .partlyDone, .engine, .environment, .hungUp, .interrupted, .terminated,
            .outputClosed:
            result = .failed
        }
    }
}
