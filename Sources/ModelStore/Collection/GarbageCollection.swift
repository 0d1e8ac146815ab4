// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit

/// What a collection removed, or would remove.
package struct CollectionResult: Sendable {
    /// A content that no version needs.
    package struct Blob: Sendable, Equatable {
        package let digest: SHA256Digest
        package let size: ByteCount
    }

    package let isDryRun: Bool
    /// By digest.
    package let blobs: [Blob]
    package let staged: [StagedImport]
    /// What is in `staging/` and not old enough yet.
    package let young: [StagedImport]
    /// The outcome's line; `nil` where nothing was removed.
    package internal(set) var audit: AuditHead?

    /// Bytes of everything that is removed.
    package var freed: ByteCount {
        ByteCount((blobs.map(\.size.bytes) + staged.map(\.size.bytes)).clampedSum)
    }
}

/// Finds what no version needs, as the plain files say.
struct GarbageCollection {
    let catalog: Catalog
    let blobs: BlobStore?
    let staging: Folder?
    let now: Timestamp
    /// How long something in `staging/` is left alone.
    let grace: Duration

    /// Looks; changes nothing.
    ///
    /// - Throws: `StoreError`, code `damaged`, where a version cannot be read or is lost, so that it may come back and
    ///   need anything; `FileError`.
    func find(isDryRun: Bool) throws -> CollectionResult {
        var old: [StagedImport] = []
        var young: [StagedImport] = []
        var isProtected: Set<SHA256Digest> = []
        for name in try staging?.names() ?? [] {
            guard let staging, let entry = try StagedImport(name, in: staging) else { continue }
            // A clock that was set back makes nothing younger than new.
            if .seconds(max(0, now.secondsSinceEpoch - entry.changedAt.secondsSinceEpoch)) >= grace {
                old.append(entry)
            } else {
                young.append(entry)
                isProtected.formUnion(try journal(name, in: staging))
            }
        }
        // Read before the models: what an import beside a dry run moves from one to the other is not missed.
        let present = try blobs?.contents().digests ?? []
        try catalog.checkEverythingIsUnderstood()
        let lost = try LostVersion.all(in: catalog.root, models: catalog.models, isCancellable: true)
        if let loss = StoreError(lost: lost) { throw loss }
        let reachable = try catalog.reachableDigests()
        let unneeded = present.filter { !reachable.contains($0) && !isProtected.contains($0) }
        let found = try unneeded.sorted().compactMap { digest in
            try blobs?.status(of: digest).map {
                CollectionResult.Blob(digest: digest, size: ByteCount($0.kind == .regular ? $0.size : 0))
            }
        }
        return CollectionResult(isDryRun: isDryRun, blobs: found, staged: old, young: young)
    }

    /// What an import that is under way, or will go on, has put among the blobs.
    private func journal(_ name: String, in staging: Folder) throws -> [SHA256Digest] {
        guard try staging.status(of: name)?.kind == .folder else { return [] }
        do {
            return try CommitJournal(in: staging.folder(name))?.digests ?? []
        } catch let error as FileError where error.code == .notFound {
            return []
        }
    }
}
