// SPDX-License-Identifier: Apache-2.0

internal import Dispatch

/// Runs a command on a thread of its own, since commands block for as long as hashing, copying and decoding take.
final class BlockingExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "baigo.command")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
