// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Synchronization

/// Lets computing code show that it lives, and lets others stop it.
package final class RunControl: Sendable {
    private let current = Atomic<UInt64>(0)
    private let cancelled = Atomic<UInt64>(0)
    /// When the next beat is due, in nanoseconds of the coarse clock; 0 before the first pulse.
    private let nextBeat = Atomic<Int64>(0)
    private let intervalNanoseconds: Int64
    private let onBeat: @Sendable () -> Void

    /// Makes a control.
    ///
    /// - Parameters:
    ///   - interval: The least time between two beats.
    ///   - onBeat: Called from the thread that computes.
    package init(interval: Duration = .seconds(1), onBeat: @escaping @Sendable () -> Void) {
        let (seconds, attoseconds) = interval.components
        intervalNanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        self.onBeat = onBeat
    }

    /// Starts work on a request.
    ///
    /// - Parameter id: The number of the request, above 0 and never used before. It may be cancelled already.
    package func begin(_ id: UInt64) {
        current.store(id, ordering: .sequentiallyConsistent)
    }

    /// Stops the request of that number, now or as soon as it begins; any thread.
    package func cancel(_ id: UInt64) {
        cancelled.store(id, ordering: .sequentiallyConsistent)
    }

    /// Whether the current request is to stop.
    package var isCancelled: Bool {
        current.load(ordering: .relaxed) == cancelled.load(ordering: .relaxed)
            && current.load(ordering: .relaxed) != 0
    }

    /// Shows that computing goes on; cheap enough for every node of a graph.
    ///
    /// - Returns: Whether it may go on.
    package func pulse() -> Bool {
        let now = Self.now
        let due = nextBeat.load(ordering: .relaxed)
        if now >= due {
            let (isOurs, _) = nextBeat.compareExchange(
                expected: due, desired: now + intervalNanoseconds, ordering: .relaxed)
            if isOurs, due != 0 { onBeat() }
        }
        return !isCancelled
    }

    /// Nanoseconds of a clock that is read without a system call and stands still while the machine sleeps.
    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
