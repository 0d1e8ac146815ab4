// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

extension ModelStore {
    /// Removes contents that no version needs, and what commands that died left in `staging/`.
    ///
    /// What is needed is read from receipts and manifests, never from link counts. While one of them cannot be read,
    /// nothing is removed at all. The lock keeps imports out, so that nothing that is being staged is touched.
    ///
    /// - Parameters:
    ///   - isDryRun: Whether to look only; then no lock and no permission to write is needed.
    ///   - grace: How long something in `staging/` must have been left alone.
    ///   - wait: How long to wait for another writer.
    /// - Returns: What was removed.
    /// - Throws: `StoreError`, code `damaged`, where a version cannot be read, or is lost; `FileError`;
    ///   `CancellationError`.
    package func collectGarbage(
        dryRun isDryRun: Bool = false, grace: Duration, wait: Duration = .zero
    ) throws -> CollectionResult {
        guard let (root, _) = try home.reading() else {
            return CollectionResult(isDryRun: isDryRun, blobs: [], staged: [], young: [])
        }
        let models = try home.folder(StoreLayout.models, in: root)
        if models == nil, try hasContents(root) { throw StoreError.lostModels(root) }
        if isDryRun {
            guard let models else {
                if let loss = StoreError(lost: try LostVersion.all(in: root, models: nil)) { throw loss }
                return CollectionResult(isDryRun: true, blobs: [], staged: [], young: [])
            }
            let blobs = try home.blobs(in: root)
            return try GarbageCollection(
                catalog: Catalog(models: models, root: root), blobs: blobs,
                staging: try home.folder(StoreLayout.staging, in: root), now: context.clock(), grace: grace
            ).find(isDryRun: true)
        }
        let writing = try WritingHome(home, context: context, purpose: "gc", waiting: wait, freeing: true)
        var found = try GarbageCollection(
            catalog: writing.catalog, blobs: writing.blobs, staging: writing.staging, now: context.clock(),
            grace: grace
        ).find(isDryRun: false)
        guard !found.blobs.isEmpty || !found.staged.isEmpty else { return found }
        let event = AuditEvent(
            "gc",
            details: [
                "blobs": .integer(Int64(found.blobs.count)), "bytes": .integer(found.freed.bytes),
                "staged": .integer(Int64(found.staged.count)),
            ])
        let intent = try writing.announce(freeing: event)
        for entry in found.staged { try writing.discardStaging(entry.name) }
        for blob in found.blobs {
            try Task.checkCancellation()
            _ = try writing.blobs.remove(blob.digest)
        }
        found.audit = try writing.audit.outcome(event, .done, of: intent)
        return found
    }
}
