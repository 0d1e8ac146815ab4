// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire
internal import Glibc

extension LoadedEngine {
    /// Measures how fast the model is, after a prompt and a token that are not counted.
    ///
    /// Prompt and generation are measured apart, each from an empty context, with tokens that have no meaning.
    /// Source: llama.cpp, tools/llama-bench/llama-bench.cpp, test_prompt and test_gen.
    ///
    /// - Parameters:
    ///   - request: What to measure.
    ///   - onRound: Called when a repetition begins.
    /// - Returns: The times.
    /// - Throws: `EngineError`, codes `invalidRequest`, `computeFailed` and `cancelled`.
    func measure(_ request: MeasureRequest, onRound: () -> Void) throws(EngineError) -> Measurement {
        let (prompt, generated) = (request.promptTokens, request.generatedTokens)
        guard prompt >= 1, generated >= 1, (1...1000).contains(request.repetitions) else {
            throw EngineError(.invalidRequest, "a measurement has 1 token or more, and 1 to 1000 repetitions")
        }
        guard max(prompt, generated) <= summary.contextTokens else {
            throw EngineError(
                .invalidRequest,
                "\(max(prompt, generated)) tokens do not fit in a context of \(summary.contextTokens)")
        }
        held = []
        defer { context.forgetAll() }
        var numbers = TokenNumbers(count: vocabulary.count)
        var measurement = Measurement()
        try measurePrompt(prompt, &numbers, into: &measurement)
        try context.check(output: -1)
        try measureGeneration(1, &numbers, into: &measurement)
        try context.check(output: -1)
        measurement = Measurement()
        let (start, used) = (SuspendingClock.now, Self.processorSeconds)
        for _ in 0..<request.repetitions {
            onRound()
            try measurePrompt(prompt, &numbers, into: &measurement)
            try measureGeneration(generated, &numbers, into: &measurement)
        }
        measurement.seconds = start.duration(to: .now).milliseconds / 1000
        measurement.processorSeconds = Self.processorSeconds - used
        measurement.peakMemoryBytes = Self.peakMemoryBytes
        return measurement
    }

    private func measurePrompt(
        _ count: Int, _ numbers: inout TokenNumbers, into measurement: inout Measurement
    ) throws(EngineError) {
        let tokens = (0..<count).map { _ in numbers.next() }
        context.forgetAll()
        let start = SuspendingClock.now
        try compute(tokens[...])
        measurement.promptMilliseconds.append(start.duration(to: .now).milliseconds)
        _ = context.likeliestToken(output: -1)
        measurement.firstTokenMilliseconds.append(start.duration(to: .now).milliseconds)
    }

    private func measureGeneration(
        _ count: Int, _ numbers: inout TokenNumbers, into measurement: inout Measurement
    ) throws(EngineError) {
        context.forgetAll()
        let start = SuspendingClock.now
        var last = start
        for _ in 0..<count {
            try compute([numbers.next()])
            let now = SuspendingClock.now
            measurement.tokenMilliseconds.append(last.duration(to: now).milliseconds)
            last = now
        }
        measurement.generationMilliseconds.append(start.duration(to: last).milliseconds)
    }

    private func compute(_ tokens: ArraySlice<llama_token>) throws(EngineError) {
        var rest = tokens
        while !rest.isEmpty {
            let part = rest.prefix(context.batchTokens)
            switch context.decode(part) {
            case .done: rest = rest.dropFirst(part.count)
            case .aborted: throw EngineError(.cancelled, "measuring was cancelled")
            case .failed(let code):
                throw EngineError(.computeFailed, "the engine could not compute (code \(code))")
            }
            if control.isCancelled { throw EngineError(.cancelled, "measuring was cancelled") }
        }
        context.synchronize()
    }

    private static var usage: rusage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage
    }

    /// Seconds that this process has had of all processors.
    private static var processorSeconds: Double {
        let usage = usage
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// Source: getrusage(2): ru_maxrss is in kibibytes.
    private static var peakMemoryBytes: UInt64 { UInt64(clamping: usage.ru_maxrss) * 1024 }
}

/// Numbers of tokens without a meaning, the same ones each time.
private struct TokenNumbers {
    private let count: Int
    private var state: UInt64 = 1

    init(count: Int) {
        self.count = count
    }

    /// Source: Knuth, The Art of Computer Programming, volume 2, section 3.3.4, table 1, line 26.
    mutating func next() -> llama_token {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return llama_token(clamping: Int(state >> 33) % count)
    }
}
