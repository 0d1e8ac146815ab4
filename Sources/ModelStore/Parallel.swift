// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Synchronization

/// Independent work on all cores.
enum Parallel {
    /// Inputs between two looks at whether the task was cancelled.
    private static let batch = 1024

    /// Results in the order of the inputs.
    ///
    /// - Parameters:
    ///   - inputs: What to work on.
    ///   - isCancellable: Whether a cancelled task gives up; what undoes something must not.
    ///   - body: The work on one.
    /// - Returns: A result for each input.
    /// - Throws: What `body` throws for the first input that fails; `CancellationError`.
    static func map<Input: Sendable, Output: Sendable>(
        _ inputs: [Input], isCancellable: Bool = false, _ body: @Sendable (Input) throws -> Output
    ) throws -> [Output] {
        var outputs: [Output] = []
        outputs.reserveCapacity(inputs.count)
        for start in stride(from: 0, to: inputs.count, by: batch) {
            if isCancellable { try Task.checkCancellation() }
            let part = inputs[start..<min(start + batch, inputs.count)]
            let results = Mutex([Int: Result<Output, any Error>]())
            DispatchQueue.concurrentPerform(iterations: part.count) { index in
                let result = Result { try body(inputs[start + index]) }
                results.withLock { $0[index] = result }
            }
            let found = results.withLock(\.self)
            for index in 0..<part.count { if let result = found[index] { outputs.append(try result.get()) } }
        }
        return outputs
    }
}
