// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit
internal import Glibc
package import SystemPackage

extension ModelStore {
    /// Makes a copy of the whole store in another folder, or brings an earlier copy up to date.
    ///
    /// Every content is hashed while it is copied, and only what the copy lacks is. The store can be used meanwhile but
    /// for the last, short part. Killed at any point, the same call goes on; an earlier copy stays a store all the time.
    /// From a store that cannot be written, being on a read-only file system or another user's, it is copied without its
    /// lock, and its audit log does not tell of it.
    ///
    /// - Parameters:
    ///   - path: A new or empty folder, or a copy of this store that was not changed by itself.
    ///   - wait: How long to wait for another writer.
    ///   - progress: Hears of the phase `copying`.
    /// - Returns: What was copied.
    /// - Throws: `StoreError`: `otherStore`, `damaged`, `invalidTarget`, `notAStore` where there is no store; `FileError`:
    ///   `noSpace`, `locked` and others; `CancellationError`.
    package func copy(
        to path: FilePath, wait: Duration = .zero, progress: any ProgressObserver = SilentProgress()
    ) throws -> CopyResult {
        guard let (root, _) = try home.reading() else {
            throw StoreError(
                .notAStore, "there is no store in \(home.path.string.escapedForOneLine)", hint: "Check the path.")
        }
        try Self.checkApart(root.path, path)
        if try root.isOnReadOnlyFileSystem() || root.status().owner != geteuid() {
            return try copyUnlocked(root, to: path, progress)
        }
        let first = try CopySource(of: home)
        let target = try CopyTarget(at: path, for: first, isMove: false)
        var copy = StoreCopy(first, to: target, isMove: false, progress: progress)
        try copy.prepare()
        let writing = try WritingHome(home, context: context, purpose: "store copy", waiting: wait)
        let settled = try CopySource(of: home)
        let prepared = copy.written
        copy = StoreCopy(settled, to: target, isMove: false, progress: progress)
        let versions = try copy.carry()
        let bytes = prepared.bytes.clampedAdding(copy.written.bytes)
        // An earlier copy can be used as it is by now; a first one becomes a store at last.
        let event = AuditEvent(
            "store.copy",
            details: [
                "bytes": .integer(bytes), "to": .string(target.root.path), "versions": .integer(Int64(versions)),
            ])
        let intent = try writing.audit.intent(event)
        let warnings = try copy.finish()
        let audit = try writing.audit.outcome(event, .done, of: intent)
        try copy.copyAudit()
        return CopyResult(
            path: target.home.path, storeID: target.identity?.storeID ?? "", versions: versions,
            contents: prepared.count + copy.written.count, written: ByteCount(bytes), warnings: warnings, audit: audit)
    }

    /// Copies a store that cannot be locked; whether it changed meanwhile is told by its audit log.
    private func copyUnlocked(_ root: Folder, to path: FilePath, _ progress: any ProgressObserver) throws -> CopyResult
    {
        let isReadOnly = try root.isOnReadOnlyFileSystem()
        var before = try settledHead(isReadOnly: isReadOnly)
        let target = try CopyTarget(at: path, for: CopySource(of: home), isMove: false)
        var (count, bytes): (Int, Int64) = (0, 0)
        for _ in 0..<Self.attempts {
            var copy = StoreCopy(try CopySource(of: home), to: target, isMove: false, progress: progress)
            let carried = Result { try copy.carry() }
            count += copy.written.count
            bytes += copy.written.bytes
            let now = try settledHead(isReadOnly: isReadOnly)
            guard now == before else {
                before = now
                continue
            }
            let versions = try carried.get()
            let warnings = try copy.finish()
            let note = Warning(
                identifier: "store.copy-unrecorded",
                message: "the store could not be written, so its audit log does not tell of this copy")
            return CopyResult(
                path: target.home.path, storeID: target.identity?.storeID ?? "", versions: versions, contents: count,
                written: ByteCount(bytes), warnings: warnings + [note], audit: now)
        }
        throw Self.busy(root)
    }

    /// How often a copy begins anew that another user's changes overtake.
    private static let attempts = 5

    /// The head of the audit log while nobody changes the store; what was cut short where nobody can, stays as it is.
    private func settledHead(isReadOnly: Bool) throws -> AuditHead {
        guard let (root, _) = try home.reading(), let audit = try home.folder(StoreLayout.audit, in: root) else {
            return try .empty
        }
        if !isReadOnly, try AuditFiles(in: audit).openIntent() != nil { throw Self.busy(root) }
        return try AuditLog(in: audit).head()
    }

    private static func busy(_ root: Folder) -> FileError {
        FileError(
            .locked, "the store in \(root.path.escapedForOneLine) is being changed, and you may not lock it",
            hint: "Try again, or copy it as its owner.")
    }

    /// Refuses a place in the store itself, or around it.
    ///
    /// - Throws: `StoreError`, code `invalidTarget`.
    static func checkApart(_ home: String, _ path: FilePath) throws {
        let from = (try? FilePath(home).resolved()) ?? FilePath(home)
        let absolute = path.absolute.lexicallyNormalized()
        var to = absolute
        // The part of the path that exists, links resolved, and the rest as it is spelled.
        while !to.components.isEmpty {
            if let found = try? to.resolved() {
                to = found.appending(absolute.components.dropFirst(to.components.count))
                break
            }
            to.removeLastComponent()
        }
        guard !to.starts(with: from), !from.starts(with: to) else {
            throw StoreError(
                .invalidTarget, "\(path.string.escapedForOneLine) is in the store's own folder, or around it",
                hint: "Name a folder beside it.")
        }
    }
}

extension CopySource {
    /// The store of a home.
    ///
    /// - Throws: As `StoreHome.reading()`; `StoreError`, code `notAStore`.
    init(of home: StoreHome) throws {
        guard let (root, identity) = try home.reading() else {
            throw StoreError(.notAStore, "there is no store in \(home.path.string.escapedForOneLine)")
        }
        self.root = root
        self.identity = identity
        guard let models = try home.folder(StoreLayout.models, in: root) else {
            throw StoreError.damaged(root.path, "has no models")
        }
        self.models = models
        blobs = try home.blobs(in: root)
    }
}
