// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Dispatch
internal import Glibc
internal import Synchronization

/// Hashes many files on all cores, one file a thread, the largest first.
final class ContentChecker: Sendable {
    private static let chunkBytes = 1 << 20

    private let jobs: [ContentJob]
    private let next = Atomic<Int>(0)
    private let completed = Atomic<Int64>(0)
    private let isCancelled = Atomic<Bool>(false)
    private let statuses: Mutex<[ContentStatus?]>
    /// Why nothing more is looked at.
    private let failure = Mutex<(any Error)?>(nil)

    /// Prepares a run over files.
    init(_ jobs: [ContentJob]) {
        self.jobs = jobs
        statuses = Mutex(Array(repeating: nil, count: jobs.count))
    }

    /// Hashes everything; once.
    ///
    /// - Returns: A status for each file, in the order of the files.
    /// - Throws: `CancellationError`; as `ContentJob.run`.
    func run(progress: any ProgressObserver) throws -> [ContentStatus] {
        let order = jobs.indices.sorted { (jobs[$0].size ?? 0, $1) > (jobs[$1].size ?? 0, $0) }
        let total = jobs.map { $0.size ?? 0 }.clampedSum
        let threads = min(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), max(1, jobs.count))
        let group = DispatchGroup()
        for _ in 0..<threads {
            DispatchQueue.global().async(group: group) { self.work(order) }
        }
        // This thread watches, since cancellation and progress are its own.
        while group.wait(timeout: .now() + .milliseconds(50)) == .timedOut {
            if Task.isCancelled { isCancelled.store(true, ordering: .relaxed) }
            progress.report(.verifying, completed: min(completed.load(ordering: .relaxed), total), total: total)
        }
        try Task.checkCancellation()
        if let failure = failure.withLock(\.self) { throw failure }
        progress.report(.verifying, completed: total, total: total)
        let found = statuses.withLock(\.self).compactMap(\.self)
        guard found.count == jobs.count else { throw CancellationError() }
        return found
    }

    /// Bytes that were hashed.
    var hashed: ByteCount { ByteCount(completed.load(ordering: .relaxed)) }

    private func work(_ order: [Int]) {
        withUnsafeTemporaryAllocation(byteCount: Self.chunkBytes, alignment: 4096) { buffer in
            while true {
                let position = next.add(1, ordering: .relaxed).oldValue
                guard position < order.count else { return }
                let index = order[position]
                do {
                    let status = try jobs[index].run(in: buffer, completed: completed) {
                        isCancelled.load(ordering: .relaxed)
                    }
                    guard let status else { return }
                    statuses.withLock { $0[index] = status }
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                    isCancelled.store(true, ordering: .relaxed)
                    return
                }
            }
        }
    }
}
