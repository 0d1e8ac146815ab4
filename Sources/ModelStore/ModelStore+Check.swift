// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit
internal import Glibc

extension ModelStore {
    /// Hashes every content, or those of one model or version, and compares every `package/` with its receipt.
    ///
    /// Nothing is changed, and no permission to write is needed. What is found damaged while somebody changes the store is
    /// looked at again.
    ///
    /// - Parameters:
    ///   - reference: A model, or one of its versions; `nil` for the whole store with its audit log.
    ///   - good: Contents that were found right just before and need not be hashed again.
    ///   - progress: Hears of the phase `verifying`.
    /// - Returns: What was found; a damaged store is no error here.
    /// - Throws: `StoreError`: `modelNotFound`, `versionNotFound`, `ambiguous`; `FileError`; `CancellationError`.
    package func check(
        _ reference: ModelReference? = nil, knowing good: Set<SHA256Digest> = [],
        progress: any ProgressObserver = SilentProgress()
    ) throws -> CheckReport {
        var good = good
        for _ in 1...3 {
            let head = try? auditLog().head()
            let report = try home.staying { try look(at: reference, knowing: good, progress: progress) }
            guard !report.isHealthy, try isChanging(since: head) else { return report }
            good.formUnion(report.good)
        }
        return try home.staying { try look(at: reference, knowing: good, progress: progress) }
    }

    /// Whether lines were added to the audit log since; waits a moment for the end of what is under way.
    private func isChanging(since head: AuditHead?) throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(2)
        while (try? auditLog().head()) == head {
            let files = try? folder(StoreLayout.audit).map { try AuditFiles(in: $0) }
            let isUnderWay = try? files?.openIntent() != nil
            guard isUnderWay == true, ContinuousClock.now < deadline else { return false }
            try Task.checkCancellation()
            usleep(20_000)
        }
        return true
    }

    private func look(
        at reference: ModelReference?, knowing good: Set<SHA256Digest>, progress: any ProgressObserver
    ) throws -> CheckReport {
        if let reference { return try check(model: reference, knowing: good, progress: progress) }
        guard let (root, _) = try home.reading() else { return CheckReport() }
        guard let models = try home.folder(StoreLayout.models, in: root) else { return try checkWithoutModels(root) }
        let catalog = Catalog(models: models, root: root)
        var check = StoreCheck(catalog: catalog, blobs: try home.blobs(in: root), known: good)
        let (names, faults) = try catalog.readableNames()
        var report = try check.run(names, allBlobs: true, progress: progress)
        let others = try HomeCheck(home: home, root: root, catalog: catalog).problems()
        for problem in faults.map(\.asWarning) + others where !report.problems.contains(problem) {
            report.problems.append(problem)
        }
        try examineAudit(&report, expecting: check.auditHeads)
        try examineLosses(&report, in: root, models)
        return report
    }

    private func check(
        model reference: ModelReference, knowing good: Set<SHA256Digest>, progress: any ProgressObserver
    ) throws -> CheckReport {
        let lost = try lostVersions(reference)
        do {
            guard let (root, _) = try home.reading(), let models = try home.folder(StoreLayout.models, in: root) else {
                throw Resolver(names: []).unknown(reference.name)
            }
            let catalog = Catalog(models: models, root: root)
            let name = try catalog.fullName(of: reference.name)
            let folderName = try readableVersion(reference, of: name, in: catalog)
            var check = StoreCheck(catalog: catalog, blobs: try home.blobs(in: root), known: good)
            var report = try check.run([name], onlyVersion: folderName, allBlobs: false, progress: progress)
            report.lost = lost.filter { $0.name == name }
            return report
        } catch let error as StoreError where [.modelNotFound, .versionNotFound].contains(error.code) {
            guard !lost.isEmpty else { throw error }
            var report = CheckReport()
            report.lost = lost
            return report
        }
    }

    /// The folder of the version that is meant; `nil` for the whole model, also where the version may be one that cannot
    /// be read.
    private func readableVersion(
        _ reference: ModelReference, of name: PackageName, in catalog: Catalog
    ) throws -> String? {
        guard reference.version != nil else { return nil }
        let reading = try catalog.versions(of: name)
        do throws(StoreError) {
            return try Resolver.version(of: reference, among: reading.versions).folderName
        } catch {
            guard error.code == .versionNotFound, !reading.faults.isEmpty else { throw error }
            return nil
        }
    }

    /// Makes the index anew from the plain files alone.
    ///
    /// - Returns: The number of models in it.
    /// - Throws: `FileError`; `StoreError`, code `index`.
    package func rebuildIndex(wait: Duration = .zero) throws -> Int {
        guard try home.reading() != nil else { return 0 }
        let writing = try WritingHome(home, context: context, purpose: "check", waiting: wait)
        if let fault = writing.rebuildIndex() { throw fault }
        return try writing.catalog.readableNames().names.count
    }

    /// Moves what a check found damaged to `quarantine/`, so that nothing runs on it; versions that need it stay, and are
    /// refused until they are repaired.
    ///
    /// What is damaged is looked at again under the lock first.
    ///
    /// - Returns: What was moved; `nil` where there was nothing to move.
    /// - Throws: `FileError`, `StoreError`, `CancellationError`.
    package func quarantine(_ report: CheckReport, wait: Duration = .zero) throws -> QuarantineResult? {
        guard try home.reading() != nil else { return nil }
        let writing = try WritingHome(home, context: context, purpose: "check", waiting: wait)
        return try Quarantine(writing: writing).run(report)
    }

    /// Takes contents that a check found damaged or missing again from somewhere else.
    ///
    /// Each is hashed while it is copied, and takes its place only when it is right. Files in `package/` are made again
    /// from good contents. What versions hold themselves is tried first.
    ///
    /// - Parameters:
    ///   - report: What is damaged.
    ///   - source: Where the contents may be.
    ///   - origin: The source for the audit log.
    ///   - wait: How long to wait for another writer.
    ///   - progress: Hears of what is read from a package.
    /// - Returns: What was repaired.
    /// - Throws: `FileError`, `StoreError`, `CancellationError`; `BundleError` of a package from which nothing could be
    ///   taken.
    package func repair(
        _ report: CheckReport, from source: RepairSource, origin: String, wait: Duration = .zero,
        progress: any ProgressObserver = SilentProgress()
    ) throws -> RepairResult {
        guard try home.reading() != nil else { return RepairResult() }
        let writing = try WritingHome(home, context: context, purpose: "check", waiting: wait)
        return try Repair(writing: writing, report: report).run(origin: origin) { area in
            try source.offer(to: area, progress: progress)
        }
    }

    private func checkWithoutModels(_ root: Folder) throws -> CheckReport {
        var report = CheckReport()
        if try hasContents(root) { report.problems.append(StoreError.lostModels(root).asWarning) }
        try examineAudit(&report, expecting: [])
        try examineLosses(&report, in: root, nil)
        return report
    }

    /// Whether there is a blob, or something in its place.
    func hasContents(_ root: Folder) throws -> Bool {
        let contents = try home.blobs(in: root)?.contents()
        return contents.map { !$0.digests.isEmpty || !$0.strays.isEmpty } ?? false
    }

    private func examineLosses(_ report: inout CheckReport, in root: Folder, _ models: Folder?) throws {
        do {
            report.lost = try LostVersion.all(in: root, models: models, isCancellable: true)
        } catch let error as any PresentableError {
            if !report.problems.contains(error.asWarning) { report.problems.append(error.asWarning) }
        }
    }

    private func examineAudit(_ report: inout CheckReport, expecting heads: Set<AuditHead>) throws {
        do {
            let found = try auditLog().verify(expecting: heads)
            report.notes += found.openIntents.map {
                Warning(
                    identifier: "audit.open-intent",
                    message: "line \($0) of the audit log has no outcome: its command was killed, or still runs")
            }
            if found.tornBytes > 0 {
                report.notes.append(
                    Warning(
                        identifier: "audit.torn",
                        message: "\(found.tornBytes) bytes at the end of the audit log are no line"))
            }
        } catch let error as any PresentableError {
            report.problems.append(error.asWarning)
        }
    }
}
