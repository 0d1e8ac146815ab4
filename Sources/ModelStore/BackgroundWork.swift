// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// Work that goes on beside other work of a task.
final class BackgroundWork<Value: Sendable>: Sendable {
    private final class State: Sendable {
        let found = Mutex<Result<Value, any Error>?>(nil)
    }

    private let state = State()
    private let group = DispatchGroup()

    /// Starts.
    init(_ body: @escaping @Sendable () throws -> Value) {
        DispatchQueue.global().async(group: group) { [state] in
            let found = Result { try body() }
            state.found.withLock { $0 = found }
        }
    }

    /// What came of it, once it is done.
    ///
    /// - Throws: What the work throws; `CancellationError` where the task that waits is cancelled.
    func wait() throws -> Value {
        while group.wait(timeout: .now() + .milliseconds(50)) == .timedOut { try Task.checkCancellation() }
        guard let found = state.found.withLock(\.self) else { throw CancellationError() }
        return try found.get()
    }
}
