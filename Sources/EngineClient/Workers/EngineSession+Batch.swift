// SPDX-License-Identifier: Apache-2.0

package import EngineWire

extension EngineSession {
    /// Produces many answers, as many at a time as the model was loaded for.
    ///
    /// - Parameters:
    ///   - next: Gives the next request when the worker has room for it; `nil` at the end.
    ///   - onAnswer: Takes each answer, or why there is none, as they end; their numbers count the requests from 0. An
    ///     error thrown here or by `next` ends the call.
    /// - Throws: `EngineError`, codes `noModel`, `computeFailed`, and those of a failing worker; `CancellationError`.
    package func answer(
        _ next: () throws -> GenerateRequest?, onAnswer: (BatchAnswer) throws -> Void
    ) throws {
        var batch: UInt64 = 0
        var sent = 0
        var isOpen = true
        var awaited: Set<Int> = []
        try perform("generating text") { id in
            batch = id
            return .answer(id: id)
        } take: { event -> Void? in
            switch event {
            case .wants(let count):
                for _ in 0..<max(0, count) where isOpen {
                    let request = try next()
                    try connection.send(.add(id: batch, request: request))
                    isOpen = request != nil
                    if isOpen { awaited.insert(sent) }
                    sent += 1
                }
            case .answer(let answer):
                guard awaited.remove(answer.index) != nil else { throw UnexpectedEvent() }
                try onAnswer(
                    answer.error.map { BatchAnswer(index: answer.index, error: $0.fromWorker) } ?? answer)
            case .answered:
                guard awaited.isEmpty, !isOpen else { throw UnexpectedEvent() }
                return ()
            default: throw UnexpectedEvent()
            }
            return nil
        }
    }

    /// Measures how fast the model is.
    ///
    /// - Parameters:
    ///   - request: What to measure.
    ///   - onRound: Called when a repetition begins.
    /// - Returns: The times.
    /// - Throws: `EngineError`, codes `noModel`, `invalidRequest`, `computeFailed`, and those of a failing worker;
    ///   `CancellationError`.
    package func measure(_ request: MeasureRequest, onRound: () -> Void = {}) throws -> Measurement {
        try perform("measuring") { id in
            .measure(id: id, request: request)
        } take: { event in
            switch event {
            case .measuring: onRound()
            case .measured(let measurement): return measurement
            default: throw UnexpectedEvent()
            }
            return nil
        }
    }
}
