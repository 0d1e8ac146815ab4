// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Starts a thread that ends when its work does.
///
/// - Returns: Whether it was started.
func startDetachedThread(_ work: @escaping @Sendable () -> Void) -> Bool {
    var thread = pthread_t()
    // The thread takes over the retained box.
    let box = Unmanaged.passRetained(ThreadWork(work))
    let result = pthread_create(
        &thread, nil,
        { box in
            if let box { Unmanaged<ThreadWork>.fromOpaque(box).takeRetainedValue().work() }
            return nil
        }, box.toOpaque())
    guard result == 0 else {
        box.release()
        return false
    }
    pthread_detach(thread)
    return true
}

private final class ThreadWork: Sendable {
    let work: @Sendable () -> Void

    init(_ work: @escaping @Sendable () -> Void) {
        self.work = work
    }
}
