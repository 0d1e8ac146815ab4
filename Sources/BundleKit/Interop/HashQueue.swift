// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Dispatch
internal import Synchronization

/// Computes one SHA-256 after the other on a thread of its own.
final class HashQueue: Sendable {
    private let queue = DispatchQueue(label: "baigo.hash", qos: .userInitiated)
    private let state: Mutex<SHA256Hasher?>
    private let failure = Mutex<BundleError?>(nil)

    /// Starts a computation.
    ///
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    init() throws(BundleError) {
        state = Mutex(try SHA256Hasher())
    }

    /// Has the first `count` bytes of a buffer hashed.
    func submit(_ loan: BufferLoan, count: Int) {
        queue.async { [self] in
            state.withLock { hasher in
                do throws(BundleError) {
                    try loan.read(count) { bytes throws(BundleError) in try hasher?.update(bytes) }
                } catch {
                    failure.withLock { $0 = error }
                }
            }
        }
    }

    /// Waits until everything submitted is hashed.
    func drain() { queue.sync {} }

    /// Ends the computation after everything submitted and starts the next one.
    ///
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    func finish() throws(BundleError) -> SHA256Digest {
        drain()
        if let failure = failure.withLock({ $0 }) { throw failure }
        let result: Result<SHA256Digest, BundleError> = state.withLock { hasher in
            do throws(BundleError) {
                guard let ended = hasher.take() else { throw BundleError(.library, "a digest was asked for twice") }
                hasher = try SHA256Hasher()
                return .success(try ended.finalize())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
