// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire

/// One answer in the making: how its tokens are chosen, written out and counted.
final class Answer {
    /// The prompt that it continues.
    let prompt: [llama_token]
    /// The seed of its choices.
    let seed: UInt32
    /// Tokens produced, an end token not counted.
    private(set) var produced = 0
    /// Why it ended; `nil` while it goes on.
    private(set) var reason: GenerationResult.FinishReason?

    private let sampler: TokenSampler
    private let vocabulary: Vocabulary
    private let keptTokens: Set<llama_token>
    private let maxTokens: Int?
    private let likeliest: Int?
    private let emit: (EngineEvent) -> Void
    private var writer: AnswerWriter

    /// Prepares an answer.
    ///
    /// - Throws: `EngineError` as `TextEngine.generate` says.
    init(
        to request: GenerateRequest, in engine: LoadedEngine, emit: @escaping (EngineEvent) -> Void
    ) throws(EngineError) {
        if let maximum = request.sampling.maxTokens, maximum < 1 {
            throw EngineError(.invalidRequest, "the number of tokens must be 1 or more, not \(maximum)")
        }
        if let count = request.likeliest, !(0...100).contains(count) {
            throw EngineError(.invalidRequest, "the number of likeliest tokens must be from 0 to 100, not \(count)")
        }
        let values = try SamplingValues(
            request.sampling, contextTokens: engine.summary.contextTokens, recommended: engine.model.recommendation(_:),
            randomSeed: .random(in: 0..<UInt32.max))
        let conversation: ChatPrompt?
        let text: String
        switch request.prompt {
        case .raw(let raw):
            conversation = nil
            text = raw
        case .chat(let messages):
            let schema: String? = if case .schema(let schema) = request.form { schema } else { nil }
            if schema != nil {
                // The template would blame itself for a schema that is no good.
                _ = try TokenSampler(values, form: request.form, conversation: nil, model: engine.model)
            }
            try Self.check(request.chat, values, engine.model)
            let rendered = try engine.render(messages, request.chat, schema: schema)
            conversation = rendered
            text = rendered.text
        }
        prompt = try engine.tokens(ofPrompt: text)
        seed = values.seed
        do throws(EngineError) {
            sampler = try TokenSampler(values, form: request.form, conversation: conversation, model: engine.model)
        } catch {
            guard request.chat.tools != nil else { throw error }
            throw ToolList.refusal("the chat template makes no grammar of them: \(error.message)")
        }
        sampler.accept(prompt: prompt)
        vocabulary = engine.vocabulary
        var keptTokens: Set<llama_token> = []
        for kept in conversation?.keptTokens ?? [] {
            if let token = try vocabulary.singleToken(kept) { keptTokens.insert(token) }
        }
        self.keptTokens = keptTokens
        maxTokens = request.sampling.maxTokens
        likeliest = request.likeliest
        self.emit = emit
        writer = AnswerWriter(
            stops: request.stop + (conversation?.stops ?? []), reader: AnswerReader(for: conversation),
            pacer: TextPacer(emit: emit))
    }

    /// Finds out whether tools can be used, for which the template would blame itself.
    ///
    /// - Throws: `EngineError`, code `invalidRequest`.
    private static func check(
        _ options: ChatOptions, _ values: SamplingValues, _ model: ModelHandle
    ) throws(EngineError) {
        for tool in try options.tools.map({ text throws(EngineError) in try ToolList(text) })?.tools ?? [] {
            do throws(EngineError) {
                _ = try TokenSampler(values, form: .schema(tool.schema), conversation: nil, model: model)
            } catch {
                throw ToolList.refusal("the parameters of \(tool.name): \(error.message)")
            }
        }
    }

    /// Chooses the next token and writes it out.
    ///
    /// - Parameters:
    ///   - context: Has computed what may follow.
    ///   - output: Where: a place in the last batch, or −1 for the last one.
    ///   - room: How many more tokens the context holds.
    /// - Returns: The token to compute next; `nil` when the answer ended.
    /// - Throws: `EngineError`, code `computeFailed`.
    func next(in context: ContextHandle, output: Int32, room: Int) throws(EngineError) -> llama_token? {
        let token = try sampler.next(in: context, output: output)
        guard !vocabulary.isEnd(token) else {
            reason = .stop
            return nil
        }
        if let likeliest { tell(token, likeliest, context, output) }
        produced += 1
        writer.write(vocabulary.bytes(of: token, showsSpecial: keptTokens.contains(token)))
        if writer.isStopped {
            reason = .stop
        } else if produced == maxTokens || room < 1 {
            reason = .length
        }
        return reason == nil ? token : nil
    }

    /// Ends the answer with what it has.
    func cancel() { reason = reason ?? .cancelled }

    /// Writes out what was held back.
    func finish() {
        writer.finish()
        if !writer.calls.isEmpty { emit(.called(calls: writer.calls)) }
    }

    private func tell(_ token: llama_token, _ count: Int, _ context: ContextHandle, _ output: Int32) {
        guard let found = context.logarithms(output: output, of: token, likeliest: count) else { return }
        let candidate = { (token: llama_token, logarithm: Double) in
            ChosenToken.Candidate(
                id: token, text: String(decoding: self.vocabulary.bytes(of: token, showsSpecial: true), as: UTF8.self),
                // A token that cannot be has no logarithm that JSON could carry.
                logarithm: max(logarithm, -1e6))
        }
        emit(
            .chosen(
                token: ChosenToken(
                    token: candidate(token, found.token), likeliest: found.likeliest.map { candidate($0, $1) })))
    }
}

extension ModelHandle {
    /// What the file recommends for a sampling value, as text.
    func recommendation(_ value: SamplingValues.Recommendation) -> String? {
        let key =
            switch value {
            case .samplers: LLAMA_MODEL_META_KEY_SAMPLING_SEQUENCE
            case .temperature: LLAMA_MODEL_META_KEY_SAMPLING_TEMP
            case .topK: LLAMA_MODEL_META_KEY_SAMPLING_TOP_K
            case .topP: LLAMA_MODEL_META_KEY_SAMPLING_TOP_P
            case .minP: LLAMA_MODEL_META_KEY_SAMPLING_MIN_P
            case .xtcProbability: LLAMA_MODEL_META_KEY_SAMPLING_XTC_PROBABILITY
            case .xtcThreshold: LLAMA_MODEL_META_KEY_SAMPLING_XTC_THRESHOLD
            case .repeatLastN: LLAMA_MODEL_META_KEY_SAMPLING_PENALTY_LAST_N
            case .repeatPenalty: LLAMA_MODEL_META_KEY_SAMPLING_PENALTY_REPEAT
            case .mirostat: LLAMA_MODEL_META_KEY_SAMPLING_MIROSTAT
            case .mirostatTau: LLAMA_MODEL_META_KEY_SAMPLING_MIROSTAT_TAU
            case .mirostatEta: LLAMA_MODEL_META_KEY_SAMPLING_MIROSTAT_ETA
            }
        return llama_model_meta_key_str(key).flatMap { metadata(String(cString: $0)) }
    }
}
