// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Dispatch
internal import Synchronization

/// Computes a SHA-256 on a thread of its own, from a small ring of page-aligned buffers that another thread fills.
///
/// One computation at a time. Between `nextBuffer()` and `submit(_:)` a buffer belongs to the caller; behind `submit`
/// both may read it, until `nextBuffer()` returns it again.
final class HashQueue: Sendable {
    /// Bytes of a buffer.
    static let bufferBytes = 1 << 20
    private static let pageBytes = 4096

    private let ring: Ring
    private let free: DispatchSemaphore
    private let queue = DispatchQueue(label: "baigo.hash", qos: .userInitiated)
    private let state: Mutex<SHA256Hasher?>
    private let failure = Mutex<BundleError?>(nil)
    private let turn = Mutex(Turn())

    private struct Turn {
        var next = 0
        var borrowed = 0
    }

    /// Starts a computation.
    ///
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    init(bufferCount: Int = 4) throws(BundleError) {
        ring = Ring(count: bufferCount, bytes: Self.bufferBytes, alignment: Self.pageBytes)
        free = DispatchSemaphore(value: bufferCount)
        state = Mutex(try SHA256Hasher())
    }

    deinit {
        // A semaphore may not go while its value is below the one it was made with.
        for _ in 0..<turn.withLock({ $0.borrowed }) { free.signal() }
    }

    /// Waits for a buffer that nobody uses.
    func nextBuffer() -> UnsafeMutableRawBufferPointer {
        free.wait()
        return turn.withLock { turn in
            turn.borrowed += 1
            defer { turn.next = (turn.next + 1) % ring.buffers.count }
            return ring.buffers[turn.next]
        }
    }

    /// Has the start of a buffer hashed.
    func submit(_ bytes: UnsafeRawBufferPointer) {
        let chunk = Chunk(bytes: bytes)
        queue.async { [self] in
            state.withLock { hasher in
                do throws(BundleError) { try hasher?.update(chunk.bytes) } catch {
                    failure.withLock { $0 = error }
                }
            }
            turn.withLock { $0.borrowed -= 1 }
            free.signal()
        }
    }

    /// Ends the computation after everything submitted and starts the next one.
    ///
    /// - Throws: `BundleError`, code `outOfMemory` or `library`.
    func finish() throws(BundleError) -> SHA256Digest {
        queue.sync {}
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

/// Bytes on their way to the hashing thread.
// Safety: the buffer stays unchanged from `submit` until the queue has read it; the ring's semaphore sees to it.
private struct Chunk: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer
}

/// Page-aligned memory, freed with the ring.
// Safety: the pointers never change; who may touch what they point at is decided by `HashQueue`.
private final class Ring: @unchecked Sendable {
    let buffers: [UnsafeMutableRawBufferPointer]

    init(count: Int, bytes: Int, alignment: Int) {
        buffers = (0..<count).map { _ in .allocate(byteCount: bytes, alignment: alignment) }
    }

    deinit { for buffer in buffers { buffer.deallocate() } }
}
