// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Synchronization

/// A look at one blob that goes on beside other work, and ends with this object.
final class BlobCheck: Sendable {
    private static let chunkBytes = 1 << 20

    private final class Flag: Sendable {
        let isSet = Atomic<Bool>(false)
    }

    private let work: BackgroundWork<ContentStatus?>
    private let isCancelled: Flag

    /// Starts.
    init(_ job: ContentJob) {
        let flag = Flag()
        isCancelled = flag
        work = BackgroundWork {
            let completed = Atomic<Int64>(0)
            return try withUnsafeTemporaryAllocation(byteCount: Self.chunkBytes, alignment: 4096) { buffer in
                try job.run(in: buffer, completed: completed) { flag.isSet.load(ordering: .relaxed) }
            }
        }
    }

    deinit { isCancelled.isSet.store(true, ordering: .relaxed) }

    /// What was found, once it is known.
    ///
    /// - Throws: As `ContentJob.run`; `CancellationError`.
    func wait() throws -> ContentStatus {
        guard let found = try work.wait() else { throw CancellationError() }
        return found
    }
}
