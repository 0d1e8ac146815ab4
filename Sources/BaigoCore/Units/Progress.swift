// SPDX-License-Identifier: Apache-2.0

/// What a long operation is doing.
package enum ProgressPhase: String, Sendable, CaseIterable {
    case hashing, packaging, verifying, extracting, copying
}

/// Takes notice of how far an operation is.
///
/// Called from the thread that does the work, at least once a phase and at most a few hundred times a second.
package protocol ProgressObserver: Sendable {
    /// Says that `completed` of `total` bytes of a phase are done.
    func report(_ phase: ProgressPhase, completed: Int64, total: Int64)
}

/// Ignores all progress.
package struct SilentProgress: ProgressObserver {
    /// Makes an observer that does nothing.
    package init() {}

    package func report(_ phase: ProgressPhase, completed: Int64, total: Int64) {}
}
