// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit
package import SystemPackage

/// What copying a store did.
package struct CopyResult: Sendable {
    /// The copy's home; absolute.
    package let path: FilePath
    /// The copy's own number.
    package let storeID: String
    package let versions: Int
    /// Contents that were written; the others were there.
    package let contents: Int
    /// Bytes of these.
    package let written: ByteCount
    package let warnings: [Warning]
    /// The last line of the audit log, which both stores hold.
    package let audit: AuditHead
}

/// A copy of a whole store, verified while it is made.
struct StoreCopy {
    let source: CopySource
    let target: CopyTarget
    let isMove: Bool
    let progress: any ProgressObserver
    /// Contents and bytes that were written.
    private(set) var written: (count: Int, bytes: Int64) = (0, 0)

    /// Prepares a copy.
    init(_ source: CopySource, to target: CopyTarget, isMove: Bool, progress: any ProgressObserver) {
        self.source = source
        self.target = target
        self.isMove = isMove
        self.progress = progress
    }

    /// Copies contents while others may change the source.
    ///
    /// - Throws: As `ContentCopy.run`.
    mutating func prepare() throws { try copyContents(of: try source.versions(), isSettled: false) }

    /// Copies the rest under the source's lock; in the end the target lacks only what `finish()` does.
    ///
    /// - Returns: Number of versions.
    /// - Throws: `FileError`; `StoreError`; `CancellationError`.
    mutating func carry() throws -> Int {
        let versions = try source.versions()
        try copyContents(of: versions, isSettled: true)
        // A copy that exists never demands less than its source while it is brought up to date.
        if let identity = target.identity,
            (source.identity.isSignatureLatched && !identity.isSignatureLatched)
                || (source.identity.hasPolicy && !identity.hasPolicy)
        {
            try target.publish(source.identity, isMove: isMove)
        }
        // The lines that receipts name come before the receipts; until both are there, the area says so to a check.
        let area = try ContentCopy(source: source.blobs, target: target, progress: progress).emptyArea()
        try target.staging.sync()
        try copyAudit()
        try ModelCopy(source: source, target: target, area: area).run(versions)
        for name in try source.others(forMove: isMove) {
            try TreeCopy.run(name, of: source.root, to: target.root)
        }
        let wanted = Set(try source.others(forMove: isMove))
        let present = CopySource(
            root: target.root, identity: source.identity, models: target.models, blobs: target.blobs)
        for name in try present.others(forMove: true) where !wanted.contains(name) && name != StoreLayout.quarantine {
            if try target.root.status(of: name)?.kind == .folder {
                try target.root.removeTree(name)
            } else {
                try target.root.removeFile(name)
            }
        }
        return versions.count
    }

    /// Carries over the lines of the audit log that came since.
    ///
    /// - Throws: As `AuditCopy.run`.
    func copyAudit() throws {
        guard try source.root.status(of: StoreLayout.audit) != nil else { return }
        try AuditCopy(source: try source.root.folder(StoreLayout.audit), target: target).run()
    }

    /// Makes the target a store, with an index.
    ///
    /// - Returns: What went wrong with the index.
    /// - Throws: `FileError`.
    func finish() throws -> [Warning] {
        try target.staging.removeTree(ContentCopy.area)
        try target.publish(source.identity, isMove: isMove)
        let index = IndexPublisher(
            root: target.root, staging: target.staging, catalog: Catalog(models: target.models, root: target.root))
        return [StoreError.ofIndex { try index.rebuild() }?.asWarning].compactMap(\.self)
    }

    private mutating func copyContents(of versions: [CopySource.Version], isSettled: Bool) throws {
        var sizes: [SHA256Digest: Int64] = [:]
        for version in versions {
            for file in version.folder.receipt.files { sizes[file.sha256] = file.size }
        }
        let copied = try ContentCopy(source: source.blobs, target: target, progress: progress)
            .run(sizes, isSettled: isSettled)
        written.count += copied.count
        written.bytes = written.bytes.clampedAdding(copied.bytes.bytes)
    }
}
