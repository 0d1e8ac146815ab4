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
        if let maximum = request.sampling.maxTokens, maximum < 1 {
            throw EngineError(.invalidRequest, "the number of tokens must be 1 or more, not \(maximum)")
        }
        let values = try SamplingValues(
            request.sampling, recommended: recommendation(_:), randomSeed: .random(in: 0..<UInt32.max))
        let conversation: ChatPrompt?
        let text: String
        switch request.prompt {
        case .raw(let raw):
            conversation = nil
            text = raw
        case .chat(let messages):
            let rendered = try render(messages)
            conversation = rendered
            text = rendered.text
        }
        let prompt = try tokens(ofPrompt: text)
        let sampler = try SamplerChain(values, vocabulary: vocabulary)
        var keptTokens: Set<llama_token> = []
        for kept in conversation?.keptTokens ?? [] {
            if let token = try vocabulary.singleToken(kept) { keptTokens.insert(token) }
        }

        let promptStart = SuspendingClock.now
        let cached = reuse(for: prompt)
        let isPromptDone = try decode(prompt[cached...])
        let generationStart = SuspendingClock.now
        if isPromptDone { emit(.promptProcessed(tokens: prompt.count, cached: cached)) }

        var writer = AnswerWriter(
            stops: request.stop + (conversation?.stops ?? []), reader: AnswerReader(for: conversation),
            pacer: TextPacer(emit: emit))
        var produced = 0
        var reason = isPromptDone ? nil : GenerationResult.FinishReason.cancelled
        while reason == nil {
            let token = context.sample(with: sampler)
            guard !vocabulary.isEnd(token) else {
                reason = .stop
                break
            }
            produced += 1
            writer.write(vocabulary.bytes(of: token, showsSpecial: keptTokens.contains(token)))
            if writer.isStopped {
                reason = .stop
            } else if produced == request.sampling.maxTokens || held.count >= summary.contextTokens {
                reason = .length
            } else if control.isCancelled {
                reason = .cancelled
            } else if try !decode([token]) {
                reason = .cancelled
            }
        }
        writer.finish()
        return GenerationResult(
            finishReason: reason ?? .stop,
            usage: .init(promptTokens: prompt.count, cachedPromptTokens: cached, completionTokens: produced),
            timings: .init(
                loadMilliseconds: summary.loadMilliseconds,
                promptMilliseconds: promptStart.duration(to: generationStart).milliseconds,
                generationMilliseconds: generationStart.duration(to: .now).milliseconds),
            seed: values.seed)
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

    private func recommendation(_ value: SamplingValues.Recommendation) -> String? {
        let key =
            switch value {
            case .temperature: LLAMA_MODEL_META_KEY_SAMPLING_TEMP
            case .topK: LLAMA_MODEL_META_KEY_SAMPLING_TOP_K
            case .topP: LLAMA_MODEL_META_KEY_SAMPLING_TOP_P
            case .minP: LLAMA_MODEL_META_KEY_SAMPLING_MIN_P
            }
        return llama_model_meta_key_str(key).flatMap { model.metadata(String(cString: $0)) }
    }
}
