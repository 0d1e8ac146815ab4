// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Dispatch
import Glibc
import Testing

/// A thread for a task that waits, so that it keeps no other task from running.
private final class WaitingThread: TaskExecutor {
    private let queue = DispatchQueue(label: "waiting")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Standard streams whose reader is slow, gone, or takes nothing.
struct StreamWritingTests {
    private let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }

    /// A pipe for writing, as a standard stream is used or as a descriptor that other processes share.
    private func pipe(reopened isReopened: Bool) throws -> (input: OwnedDescriptor, output: OwnedDescriptor) {
        var ends: [CInt] = [0, 0]
        #expect(Glibc.pipe(&ends) == 0)
        let input = OwnedDescriptor(owning: ends[0], path: "pipe")
        let whole = OwnedDescriptor(owning: ends[1], path: "pipe")
        guard isReopened else { return (input, whole) }
        let output = try OwnedDescriptor.writing(to: whole.raw, path: "pipe")
        // The flag is that of the new file alone.
        #expect(fcntl(output.raw, F_GETFL) & O_NONBLOCK != 0)
        #expect(fcntl(whole.raw, F_GETFL) & O_NONBLOCK == 0)
        return (input, output)
    }

    @Test(arguments: [true, false])
    func aSlowReaderGetsEveryByte(reopened isReopened: Bool) async throws {
        let (input, reading) = try {
            let (input, output) = try pipe(reopened: isReopened)
            let bytes = bytes
            return (
                input,
                Task.detached(executorPreference: WaitingThread()) {
                    try bytes.withUnsafeBytes { try output.writeStream($0) }
                }
            )
        }()
        var found: [UInt8] = []
        while found.count < bytes.count {
            let next = try input.nextAvailable(atMost: 777)
            try #require(!next.isEmpty)
            found += next
        }
        try await reading.value
        #expect(found == bytes)
    }

    @Test(arguments: [true, false])
    func aCancelledTaskWaitsForNoReader(reopened isReopened: Bool) async throws {
        let (input, output) = try pipe(reopened: isReopened)
        let bytes = bytes
        let writing = Task.detached(executorPreference: WaitingThread()) {
            try bytes.withUnsafeBytes { try output.writeStream($0) }
        }
        var waiting: CInt = 0
        while waiting < 60_000 {
            _ = ioctl(input.raw, UInt(FIONREAD), &waiting)
            await Task.yield()
        }
        writing.cancel()
        await #expect(throws: CancellationError.self) { try await writing.value }
    }

    @Test(arguments: [true, false])
    func aReaderThatIsGoneIsTold(reopened isReopened: Bool) throws {
        signal(SIGPIPE, SIG_IGN)
        let output = try {
            let (_, output) = try pipe(reopened: isReopened)
            return output
        }()
        let error = #expect(throws: FileError.self) { try bytes.withUnsafeBytes { try output.writeStream($0) } }
        #expect(error?.code == .outputClosed)
    }
}
