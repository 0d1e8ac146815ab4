// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
package import EngineWire
internal import Synchronization

/// Requests on their way into a batch that is being computed: one thread adds them, another takes them.
package final class RequestFeed: Sendable {
    /// What there is to compute.
    package enum Next: Sendable, Equatable {
        case request(GenerateRequest)
        /// More may come.
        case nothingYet
        /// No more will come.
        case end
    }

    private struct State {
        var batch: UInt64 = 0
        var waiting: [GenerateRequest] = []
        var isEnded = false
    }

    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)

    /// Makes an empty feed.
    package init() {}

    /// Adds a request to a batch.
    ///
    /// - Parameters:
    ///   - request: The request; `nil` says that no more will come.
    ///   - batch: The number of the batch; one that is over is not added to.
    package func add(_ request: GenerateRequest?, to batch: UInt64) {
        state.withLock { state in
            guard batch >= state.batch else { return }
            if batch > state.batch { state = State(batch: batch) }
            if let request { state.waiting.append(request) } else { state.isEnded = true }
        }
        arrived.signal()
    }

    /// Takes the next request of a batch.
    ///
    /// - Parameters:
    ///   - batch: The number of the batch.
    ///   - isStopping: Asked while nothing has come; `nil` does not wait at all.
    /// - Returns: What there is; `end` when it is stopping.
    package func next(of batch: UInt64, waitingUnless isStopping: (() -> Bool)?) -> Next {
        while true {
            let found = state.withLock { state -> Next in
                guard state.batch <= batch else { return .end }
                if state.batch < batch { return .nothingYet }
                if !state.waiting.isEmpty { return .request(state.waiting.removeFirst()) }
                return state.isEnded ? .end : .nothingYet
            }
            guard found == .nothingYet, let isStopping else { return found }
            if isStopping() { return .end }
            _ = arrived.wait(timeout: .now() + .milliseconds(50))
        }
    }
}
