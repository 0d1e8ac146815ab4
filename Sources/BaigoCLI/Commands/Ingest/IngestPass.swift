// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// One run over several files, one after the other.
struct IngestPass {
    let host: Host
    let store: ModelStore
    let trust: Trust
    private(set) var rules: AdmissionRules
    let quarantine: IngestQuarantine?
    /// Whether files that are taken in or put aside leave the medium.
    let isMoving: Bool
    let context: CommandContext
    /// A new observer for each file.
    let progress: () -> any ProgressObserver
    /// Takes notice of each file that is done.
    let ended: (IngestRecord) throws -> Void
    private(set) var records: [IngestRecord] = []

    init(
        host: Host, store: ModelStore, rules: AdmissionRules, quarantine: IngestQuarantine?, isMoving: Bool,
        context: CommandContext,
        progress: @escaping () -> any ProgressObserver, ended: @escaping (IngestRecord) throws -> Void
    ) throws {
        self.host = host
        self.store = store
        trust = try Trust(store)
        self.rules = rules
        self.quarantine = quarantine
        self.isMoving = isMoving
        self.context = context
        self.progress = progress
        self.ended = ended
    }

    /// Takes in what is good.
    ///
    /// - Throws: `CancellationError`; `records` then holds what was done.
    mutating func importGoodOnes(_ items: [IngestItem]) throws {
        for item in items {
            try Task.checkCancellation()
            try finish(try admit(item), moving: isMoving)
        }
    }

    /// Verifies everything, and takes in all or none.
    ///
    /// What was imported is removed again, in reverse, when one that was good before then fails.
    ///
    /// - Throws: `FileError`, code `noSpace`, or `PolicyError`, code `quota`, where all together do not fit or are too
    ///   much for the policy; `CancellationError`.
    mutating func importAllOrNothing(_ items: [IngestItem]) throws {
        try takeAllOrNothing(items)
        // Only now nothing can go back any more.
        guard isMoving, records.allSatisfy(\.isIn) else { return }
        for index in records.indices {
            records[index].takeAway()
            for warning in records[index].warnings where warning.identifier == "ingest.not-removed" {
                try context.errorOutput.line("warning: " + warning.message.escapedForTerminal)
            }
        }
    }

    private mutating func takeAllOrNothing(_ items: [IngestItem]) throws {
        var checked: [IngestRecord] = []
        var missing: [SHA256Digest: Int64] = [:]
        var needed: Int64 = 0
        var free: Int64 = .max
        for item in items {
            try Task.checkCancellation()
            var record = IngestRecord(item)
            do {
                let preview = try verify(item, &record, &missing)
                needed = needed.addingReportingOverflow(preview.needed.bytes).partialValue
                free = min(free, preview.free.bytes)
                record.close()
            } catch let error as any PresentableError {
                record.end(error)
            }
            checked.append(record)
        }
        let isGood = checked.allSatisfy { $0.error == nil }
        // What several of them hold is written once.
        let total = missing.values.reduce(Int64(0)) { $0.addingReportingOverflow($1).partialValue }
        let room = isGood && min(needed, total) > free ? noRoom(ByteCount(min(needed, total)), ByteCount(free)) : nil
        let obstacle = try room ?? (isGood ? overQuota(ByteCount(total), of: items.count) : nil)
        guard isGood, obstacle == nil else {
            for record in checked { try finish(record) }
            if let obstacle { throw obstacle }
            return
        }
        try commit(items)
    }

    private func noRoom(_ needed: ByteCount, _ free: ByteCount) -> any PresentableError {
        FileError(
            .noSpace, "the packages together need \(needed), and \(free) are free",
            hint: "Free some space, or ingest fewer at a time.")
    }

    /// Why all packages together are too much for the policy, after a line in the audit log.
    private func overQuota(_ needed: ByteCount, of count: Int) throws -> (any PresentableError)? {
        guard trust.policy.quota != nil else { return nil }
        let judge = try PolicyJudge(trust.policy, rules.policy)
        let finding = judge.quotaOfAll(held: try store.heldBytes(), adding: needed)
        guard finding.verdict == .refuse, let error = finding.error else { return nil }
        let refusal = PolicyError(error.code, "refused by policy: \(error.message)", hint: error.hint)
        let event = AuditEvent(
            "ingest", details: ["packages": .integer(Int64(count)), "size": .integer(needed.bytes)])
        try store.recordRefusal(event, error: refusal, wait: rules.wait)
        return refusal
    }

    private mutating func commit(_ items: [IngestItem]) throws {
        for (index, item) in items.enumerated() {
            let record: IngestRecord
            do {
                try Task.checkCancellation()
                record = try admit(item)
            } catch {
                rollBack()
                throw error
            }
            try finish(record)
            guard !record.isIn else { continue }
            rollBack()
            for left in items[(index + 1)...] { try finish(IngestRecord(left)) }
            return
        }
    }

    private mutating func admit(_ item: IngestItem) throws -> IngestRecord {
        var record = IngestRecord(item)
        do {
            let admission = admission(item)
            let prepared = try admission.prepare(open: {
                let file = try item.open()
                record.opened = try file.status()
                return try host.package(reading: file)
            }) {
                record.note($0, $1)
            }
            record.previous = try active(prepared.package.manifest.name)
            record.end(try admission.carryOut(prepared, progress: progress()))
        } catch let error as any PresentableError {
            record.end(error)
            // One wait is enough for all of them.
            if (error as? FileError)?.code == .locked { rules.wait = .zero }
        }
        return record
    }

    private func verify(
        _ item: IngestItem, _ record: inout IngestRecord, _ missing: inout [SHA256Digest: Int64]
    ) throws -> ImportPreview {
        let admission = admission(item)
        let prepared = try admission.prepare(open: { try host.package(reading: item.open()) }) { record.note($0, $1) }
        let verdicts = try prepared.package.read(into: nil, stoppingAtFirstFault: true, progress: progress())
        if let fault = verdicts.lazy.compactMap({ $0.error(in: prepared.package.source) }).first {
            try admission.record(fault, of: prepared.package)
            throw fault
        }
        missing.merge(try store.missingContents(of: prepared.package)) { $1 }
        return prepared.preview
    }

    private func admission(_ item: IngestItem) -> PackageAdmission {
        PackageAdmission(
            store: store, trust: trust, rules: rules, origin: item.origin, isRecording: true, context: context)
    }

    private func active(_ name: PackageName) throws -> StoredVersion? {
        do {
            return try store.list(name).models.first?.active
        } catch let error as StoreError where error.code == .modelNotFound {
            return nil
        }
    }

    private mutating func finish(_ record: IngestRecord, moving isMoving: Bool = false) throws {
        var record = record
        if record.status == .refused, let quarantine {
            do {
                record.quarantined = try quarantine.keep(record, by: BaigoRelease.product)
            } catch let error as any PresentableError {
                record.warnings.append(error.asWarning)
            }
        }
        if isMoving { record.takeAway() }
        records.append(record)
        try ended(record)
    }

    /// Removes what this run imported, the last one first, and makes active again what was.
    private mutating func rollBack() {
        for index in records.indices.reversed() where records[index].status == .imported {
            guard let version = records[index].version else { continue }
            do {
                if let previous = records[index].previous {
                    _ = try store.activate(previous.exactReference, wait: rules.wait)
                }
                _ = try store.remove(version.exactReference, forced: true, wait: rules.wait)
                records[index].status = .rolledBack
                // A reader of standard output that went away must not keep the others from going back.
                try? ended(records[index])
            } catch {
                let reason = (error as? any PresentableError)?.message ?? String(describing: error)
                records[index].warnings.append(
                    Warning(
                        identifier: "ingest.not-rolled-back",
                        message: "\(version.exactReference) is still there: \(reason)"))
            }
        }
    }
}
