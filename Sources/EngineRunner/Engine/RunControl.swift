// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Lets computing code show that it lives, and lets others stop it.
package final class RunControl: Sendable {
    private let current = Atomic<UInt64>(0)
    private let cancelled = Atomic<UInt64>(0)
    private let nextBeat = Mutex<SuspendingClock.Instant?>(nil)
    private let interval: Duration
    private let onBeat: @Sendable () -> Void

    /// Makes a control.
    ///
    /// - Parameters:
    ///   - interval: The least time between two beats.
    ///   - onBeat: Called from the thread that computes.
    package init(interval: Duration = .seconds(1), onBeat: @escaping @Sendable () -> Void) {
        self.interval = interval
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
        let now = SuspendingClock.now
        let due = nextBeat.withLock { next in
            guard let due = next else {
                next = now + interval
                return false
            }
            guard now >= due else { return false }
            next = now + interval
            return true
        }
        if due { onBeat() }
        return !isCancelled
    }
}
