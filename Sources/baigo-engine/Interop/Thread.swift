// SPDX-License-Identifier: Apache-2.0

internal import EngineWire
internal import Glibc

/// Starts a thread that runs until the process ends.
///
/// - Parameters:
///   - stackBytes: Address space for its stack, below which the system keeps a guard page. Memory is used only as far
///     as the stack grows.
///   - work: Runs on the thread.
func startThread(stackBytes: Int, _ work: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    var thread = pthread_t()
    // The thread takes over the retained box.
    let box = Unmanaged.passRetained(ThreadWork(work)).toOpaque()
    let result = pthread_create(
        &thread, &attributes,
        { box in
            if let box { Unmanaged<ThreadWork>.fromOpaque(box).takeRetainedValue().work() }
            return nil
        }, box)
    guard result == 0 else {
        lastWords("cannot start a thread: \(String(cString: strerror(result)))")
        _exit(WorkerExit.noThread)
    }
    pthread_detach(thread)
}

private final class ThreadWork: Sendable {
    let work: @Sendable () -> Void

    init(_ work: @escaping @Sendable () -> Void) {
        self.work = work
    }
}
