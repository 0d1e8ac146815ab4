// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import EngineWire
internal import Synchronization

/// Requests in the order they came, from the receiving thread to the engine's.
final class RequestQueue: Sendable {
    private let requests = Mutex<[EngineRequest]>([])
    private let available = DispatchSemaphore(value: 0)

    /// Adds a request at the end.
    func add(_ request: EngineRequest) {
        requests.withLock { $0.append(request) }
        available.signal()
    }

    /// Takes the first request, and waits for one if there is none.
    func take() -> EngineRequest {
        while true {
            available.wait()
            if let request = requests.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return request }
        }
    }
}
