// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire

extension LoadedEngine {
    /// Produces one answer.
    ///
    /// - Throws: `EngineError` as `TextEngine.generate` says.
    func generate(_ request: GenerateRequest, emit: @escaping (EngineEvent) -> Void) throws(EngineError)
        -> GenerationResult
    {
        let answer = try Answer(to: request, in: self, emit: emit)
        let prompt = answer.prompt
        let promptStart = SuspendingClock.now
        let cached = reuse(for: prompt)
        let isPromptDone = try decode(prompt[cached...])
        let generationStart = SuspendingClock.now
        if isPromptDone { emit(.promptProcessed(tokens: prompt.count, cached: cached)) } else { answer.cancel() }
        while answer.reason == nil {
            let room = summary.contextTokens - held.count
            guard let token = try answer.next(in: context, output: -1, room: room) else { break }
            if control.isCancelled {
                answer.cancel()
            } else if try !decode([token]) {
                answer.cancel()
            }
        }
        answer.finish()
        return GenerationResult(
            finishReason: answer.reason ?? .stop,
            usage: .init(promptTokens: prompt.count, cachedPromptTokens: cached, completionTokens: answer.produced),
            timings: .init(
                loadMilliseconds: summary.loadMilliseconds,
                promptMilliseconds: promptStart.duration(to: generationStart).milliseconds,
                generationMilliseconds: generationStart.duration(to: .now).milliseconds),
            seed: answer.seed)
    }

    /// Keeps what the context and a new prompt have in common.
    ///
    /// - Returns: How many tokens of the prompt need no computing; less than all of them, because the last one
    ///   has to be computed again for the token that follows it.
    private func reuse(for prompt: [llama_token]) -> Int {
        let common = min(zip(held, prompt).prefix { $0 == $1 }.count, prompt.count - 1)
        let kept = common < held.count ? context.keep(common) : common
        held.removeLast(held.count - kept)
        return kept
    }

    /// Adds tokens to the context.
    ///
    /// - Returns: Whether all were added; `false` when the request was cancelled.
    private func decode(_ tokens: ArraySlice<llama_token>) throws(EngineError) -> Bool {
        var rest = tokens
        while !rest.isEmpty {
            let batch = rest.prefix(context.batchTokens)
            switch context.decode(batch) {
            case .done:
                held.append(contentsOf: batch)
                rest = rest.dropFirst(batch.count)
            case .aborted:
                forgetUnfinished(batch)
                return false
            case .failed(let code):
                forgetUnfinished(batch)
                throw EngineError(
                    .computeFailed, "the engine could not compute (code \(code))",
                    hint: "Try a smaller --context, or a host with more memory.")
            }
            if !rest.isEmpty, control.isCancelled { return false }
        }
        return true
    }

    /// Learns which tokens of a batch are in the context although it was not finished.
    private func forgetUnfinished(_ batch: ArraySlice<llama_token>) {
        let known = held + batch
        let sure = model.keepsRunningState ? 0 : min(max(0, context.heldTokens), known.count)
        held = Array(known.prefix(context.keep(sure)))
    }
}
