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
    /// Tells of each file that is done.
    let teller: IngestTeller
    private(set) var records: [IngestRecord] = []

    init(
        host: Host, store: ModelStore, rules: AdmissionRules, quarantine: IngestQuarantine?, isMoving: Bool,
        context: CommandContext,
        progress: @escaping () -> any ProgressObserver, teller: IngestTeller
    ) throws {
        self.host = host
        self.store = store
        trust = try Trust(store)
        self.rules = rules
        self.quarantine = quarantine
        self.isMoving = isMoving
        self.context = context
        self.progress = progress
        self.teller = teller
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
        guard isMoving, records.allSatisfy(\.isSettled) else { return }
        for index in records.indices {
            records[index].takeAway()
            for warning in records[index].warnings where warning.identifier == "ingest.not-removed" {
                teller.warn(warning.message)
            }
        }
    }

    private mutating func takeAllOrNothing(_ items: [IngestItem]) throws {
        var checked: [IngestRecord] = []
        var missing: [SHA256Digest: Int64] = [:]
        var needed: Int64 = 0
        var reserve: Int64 = 0
        var free: Int64 = .max
        for item in items {
            try Task.checkCancellation()
            var record = IngestRecord(item)
            do {
                if item.isAppleDouble {
                    record.skip()
                } else {
                    let preview = try verify(item, &record, &missing)
                    needed = needed.clampedAdding(preview.needed.bytes)
                    // One after the other, so that the same room serves all of them.
                    reserve = max(reserve, preview.room.bytes - preview.needed.bytes)
                    free = min(free, preview.free.bytes)
                    record.close()
                }
            } catch let error as any PresentableError {
                record.end(error)
            }
            checked.append(record)
        }
        let isGood = checked.allSatisfy { $0.error == nil }
        // What several of them hold is written once.
        let total = missing.values.clampedSum
        let wanted = min(needed, total).clampedAdding(reserve)
        let room = isGood && wanted > free ? noRoom(ByteCount(wanted), ByteCount(free)) : nil
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
        if let fault = try store.noteRefusal(event, error: refusal, wait: rules.wait) { teller.warn(fault.message) }
        return refusal
    }

    private mutating func commit(_ items: [IngestItem]) throws {
        for (index, item) in items.enumerated() {
            do {
                try Task.checkCancellation()
                let record = try admit(item)
                try finish(record)
                if record.isSettled { continue }
            } catch {
                rollBack()
                throw error
            }
            rollBack()
            for left in items[(index + 1)...] { try finish(IngestRecord(left)) }
            return
        }
    }

    private mutating func admit(_ item: IngestItem) throws -> IngestRecord {
        var record = IngestRecord(item)
        guard !item.isAppleDouble else {
            record.skip()
            return record
        }
        do {
            let admission = admission(item)
            let prepared = try admission.prepare(open: { try open(item, &record) }) { record.note($0, $1) }
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
        let prepared = try admission.prepare(open: { try open(item, &record) }) { record.note($0, $1) }
        let verdicts = try prepared.package.read(into: nil, stoppingAtFirstFault: true, progress: progress())
        if let fault = verdicts.lazy.compactMap({ $0.error(in: prepared.package.source) }).first {
            try admission.record(fault, of: prepared.package)
            throw fault
        }
        missing.merge(try store.missingContents(of: prepared.package)) { $1 }
        return prepared.preview
    }

    private func open(_ item: IngestItem, _ record: inout IngestRecord) throws -> PackageReader {
        let file = try item.open()
        record.opened = try file.status()
        return try host.package(reading: file)
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

    /// Puts aside what is refused, and keeps the record, whatever happens to the copy.
    private mutating func finish(_ record: IngestRecord, moving isMoving: Bool = false) throws {
        var record = record
        var interruption: (any Error)?
        if record.status == .refused, let quarantine {
            do {
                record.quarantined = try quarantine.keep(record, by: BaigoRelease.product)
            } catch let error as any PresentableError {
                record.warnings.append(error.asWarning)
            } catch {
                interruption = error
            }
        }
        if isMoving { record.takeAway() }
        records.append(record)
        teller.tell(record)
        if let interruption { throw interruption }
    }

    /// Removes what this run imported, the last one first, and makes active again what was.
    private mutating func rollBack() {
        for index in records.indices.reversed() where records[index].status == .imported {
            guard let version = records[index].version else { continue }
            var warnings: [Warning] = []
            if let previous = records[index].previous {
                do {
                    // As it was before, damaged or not.
                    _ = try store.activate(previous.exactReference, checkingSizes: false, wait: rules.wait)
                } catch {
                    warnings.append(
                        error.asWarning("ingest.not-reactivated", "\(previous.exactReference) is not active again"))
                }
            }
            do {
                _ = try store.remove(version.exactReference, forced: true, wait: rules.wait)
                records[index].status = .rolledBack
                teller.line(records[index])
            } catch {
                warnings.append(error.asWarning("ingest.not-rolled-back", "\(version.exactReference) is still there"))
            }
            for warning in warnings { teller.warn(warning.message) }
            records[index].warnings += warnings
        }
    }
}

extension Error {
    /// A warning with the reason that this error gives.
    fileprivate func asWarning(_ identifier: String, _ message: String) -> Warning {
        let reason = (self as? any PresentableError)?.message ?? String(describing: self)
        return Warning(identifier: identifier, message: "\(message): \(reason)")
    }
}
