// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit
package import SystemPackage

extension ModelStore {
    /// Makes a copy of the whole store in another folder, or brings an earlier copy up to date.
    ///
    /// Every content is hashed while it is copied, and only what the copy lacks is. The store can be used meanwhile but
    /// for the last, short part. Killed at any point, the same call goes on; an earlier copy stays a store all the time.
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
        try home.checkWriter(of: root)
        let first = try CopySource(of: home)
        let target = try CopyTarget(at: path, for: first, isMove: false)
        var copy = StoreCopy(first, to: target, isMove: false, progress: progress)
        try copy.prepare()
        let writing = try WritingHome(home, context: context, purpose: "store copy", waiting: wait)
        let settled = try CopySource(of: home)
        let prepared = copy.written
        copy = StoreCopy(settled, to: target, isMove: false, progress: progress)
        let versions = try copy.carry()
        let bytes = prepared.bytes + copy.written.bytes
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
        blobs = try home.folder(StoreLayout.blobs, in: root).flatMap { try BlobStore(reading: $0) }
    }
}
