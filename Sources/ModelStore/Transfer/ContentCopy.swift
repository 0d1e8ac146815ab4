// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import Glibc

/// Copies contents from store to store, each hashed on the way.
struct ContentCopy {
    static let area = "copy"

    let source: BlobStore?
    let target: CopyTarget
    let progress: any ProgressObserver

    /// Copies what the target does not hold.
    ///
    /// - Parameters:
    ///   - sizes: Everything that is needed.
    ///   - isSettled: Whether nobody can remove anything meanwhile, so that what is missing is damage.
    /// - Returns: Contents and bytes that were written.
    /// - Throws: `FileError`, code `noSpace`, before anything is written; `StoreError`, code `damaged`;
    ///   `CancellationError`.
    func run(_ sizes: [SHA256Digest: Int64], isSettled: Bool) throws -> (count: Int, bytes: ByteCount) {
        let missing = try sizes.filter { try !target.blobs.holds($0.key, size: $0.value) }.sorted { $0.key < $1.key }
        let total = missing.map(\.value).clampedSum
        try checkSpace(total, all: sizes)
        var done: Int64 = 0
        var count = 0
        let area = try emptyArea()
        for (digest, size) in missing {
            do {
                try copy(digest, size, in: area)
                count += 1
            } catch let error as FileError where error.code == .notFound {
                if isSettled { throw damaged(digest, "is missing", error) }
            }
            done = done.clampedAdding(size)
            progress.report(.copying, completed: done, total: total)
        }
        try target.staging.removeTree(Self.area)
        return (count, ByteCount(done))
    }

    /// An empty folder for what is not verified or not in place yet.
    ///
    /// - Throws: `FileError`.
    func emptyArea() throws(FileError) -> Folder {
        if try target.staging.status(of: Self.area) != nil { try target.staging.removeTree(Self.area) }
        return try target.staging.folder(making: Self.area)
    }

    private func copy(_ digest: SHA256Digest, _ size: Int64, in area: Folder) throws {
        guard let source else { throw FileError(.notFound, "there are no blobs") }
        let blob = try source.open(digest)
        let file = try area.file(creating: digest.hex)
        let outcome: DataOutcome
        if file.clone(blob) {
            outcome = try DataPipeline().run(.file(file, at: 0), count: size)
        } else {
            try file.reserve(at: 0, count: size)
            outcome = try DataPipeline().run(.file(blob, at: 0), count: size, to: .file(file, at: 0))
        }
        guard outcome.digest == digest, try file.status().size == size, try blob.status().size == size else {
            throw damaged(digest, "does not have its digest", nil)
        }
        guard fchmod(file.raw, 0o444) == 0 else { throw FileError(.lastError, while: "protect", file.path) }
        try file.sync()
        _ = try target.blobs.adopt(digest.hex, of: area, digest: digest, size: size)
    }

    private func damaged(_ digest: SHA256Digest, _ reason: String, _ cause: (any Error)?) -> StoreError {
        StoreError(
            .damaged, "the content \(digest.hex) of the store \(reason)",
            hint: "See baigo check; mend it with baigo check --repair, then run this command again.", cause: cause)
    }

    private func checkSpace(_ bytes: Int64, all: [SHA256Digest: Int64]) throws {
        // Where files cannot have two names each is there twice.
        let copies = try target.staging.takesLinks() ? bytes : bytes.clampedAdding(bytes)
        let needed = ByteCount(copies.clampedAdding(Int64(all.count) * 4096 + (1 << 20)))
        let free = try target.root.freeSpace()
        guard needed > free, bytes > 0 else { return }
        throw FileError(
            .noSpace,
            "the copy needs \(needed) in \(target.root.path.escapedForOneLine), where \(free) are free",
            hint: "Free some space, or choose another file system.")
    }
}
