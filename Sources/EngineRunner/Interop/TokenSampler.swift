// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import CLlamaChat
internal import EngineWire

/// Owns the samplers of one answer, and keeps the model alive.
struct TokenSampler: ~Copyable {
    /// What a grammar may use at the most while it is read and while it chooses a token.
    private static let memoryBytes: UInt64 = 512 << 20

    private let model: ModelHandle
    private let raw: OpaquePointer
    private let takesTheLikeliest: Bool
    private let hasGrammar: Bool

    /// Makes the samplers for a set of values.
    ///
    /// - Parameters:
    ///   - values: How tokens are chosen.
    ///   - form: What the answer has to follow.
    ///   - conversation: The conversation that is answered; it may bring a grammar for the form.
    ///   - model: The model.
    /// - Throws: `EngineError`, code `invalidRequest`.
    init(
        _ values: SamplingValues, form: AnswerForm?, conversation: ChatPrompt?, model: ModelHandle
    ) throws(EngineError) {
        if let form {
            // The engine takes an empty grammar or schema for none.
            guard !form.text.allSatisfy(\.isWhitespace) else { throw Self.refusal(form, "it is empty") }
            guard !values.ignoresEnd else {
                throw EngineError(
                    .invalidRequest, "an answer in a form ends with the form, so its end cannot be ignored",
                    hint: "Leave out --ignore-end, or grammar and schema.")
            }
        }
        var failure: OpaquePointer?
        let raw = MemoryLimit.withAtMost(Self.memoryBytes) {
            Self.create(values, form, conversation, model, &failure)
        }
        guard let raw else { throw Self.refusal(form, EngineError.reason(taking: failure, within: Self.memoryBytes)) }
        self.model = model
        self.raw = raw
        hasGrammar = baigo_sampler_has_grammar(raw)
        takesTheLikeliest = values.takesTheLikeliest && !hasGrammar
    }

    deinit { baigo_sampler_free(raw) }

    /// Takes note of the prompt, for the penalties.
    func accept(prompt: [llama_token]) {
        guard !takesTheLikeliest else { return }
        for token in prompt { baigo_sampler_accept_prompt(raw, token) }
    }

    /// Chooses the next token from an output of the context.
    ///
    /// - Throws: `EngineError`, code `computeFailed`, when the model gave no numbers, or when a grammar cannot go on or
    ///   uses too much memory.
    func next(in context: ContextHandle, output: Int32) throws(EngineError) -> llama_token {
        try context.check(output: output)
        if takesTheLikeliest, let token = context.likeliestToken(output: output) { return token }
        var failure: OpaquePointer?
        let token =
            hasGrammar
            ? MemoryLimit.withAtMost(Self.memoryBytes) { baigo_sampler_next(raw, context.raw, output, &failure) }
            : baigo_sampler_next(raw, context.raw, output, &failure)
        guard token >= 0 else {
            throw EngineError(
                .computeFailed,
                "the engine could not choose a token: \(EngineError.reason(taking: failure, within: Self.memoryBytes))",
                hint: "Use a simpler grammar or schema.")
        }
        return token
    }

    private static func create(
        _ values: SamplingValues, _ form: AnswerForm?, _ conversation: ChatPrompt?, _ model: ModelHandle,
        _ failure: inout OpaquePointer?
    ) -> OpaquePointer? {
        let (grammar, schema) =
            switch form {
            case .grammar(let text): (text, "")
            case .schema(let text): ("", text)
            case nil: ("", "")
            }
        let tokens = values.logitBias.map(\.token)
        let biases = values.logitBias.map { $0.bias.map(Float.init) ?? -.infinity }
        return TextList.with([grammar, schema] + values.samplers + values.dryBreakers) { texts in
            let samplers = Array(texts[2..<(2 + values.samplers.count)])
            let breakers = Array(texts[(2 + values.samplers.count)...])
            return samplers.withUnsafeBufferPointer { samplers in
                breakers.withUnsafeBufferPointer { breakers in
                    tokens.withUnsafeBufferPointer { tokens in
                        biases.withUnsafeBufferPointer { biases in
                            var sampling = baigo_sampling(values)
                            sampling.grammar = texts[0]
                            sampling.schema = texts[1]
                            sampling.samplers = samplers.baseAddress
                            sampling.sampler_count = samplers.count
                            sampling.dry_breakers = breakers.baseAddress
                            sampling.dry_breaker_count = breakers.count
                            sampling.bias_tokens = tokens.baseAddress
                            sampling.biases = biases.baseAddress
                            sampling.bias_count = tokens.count
                            sampling.prompt = conversation?.raw
                            return baigo_sampler_create(model.raw, &sampling, &failure)
                        }
                    }
                }
            }
        }
    }

    private static func refusal(_ form: AnswerForm?, _ reason: String) -> EngineError {
        switch form {
        case .grammar:
            EngineError(
                .invalidRequest, "the grammar cannot be used: \(reason)",
                hint: "It is GBNF, with a rule named root; see grammars/README.md of llama.cpp.")
        case .schema:
            EngineError(
                .invalidRequest, "the JSON Schema cannot be used: \(reason)",
                hint: "llama.cpp turns a part of JSON Schema into a grammar; leave out what it does not know.")
        case nil: EngineError(.invalidRequest, "these sampling options cannot be used: \(reason)")
        }
    }
}

extension baigo_sampling {
    /// Takes over the numbers; texts and biases are set by the caller.
    fileprivate init(_ values: SamplingValues) {
        self.init()
        seed = values.seed
        temperature = values.temperature
        dynamic_range = values.dynamicRange
        dynamic_exponent = values.dynamicExponent
        top_k = values.topK
        top_p = values.topP
        min_p = values.minP
        typical_p = values.typicalP
        top_n_sigma = values.topNSigma
        xtc_probability = values.xtcProbability
        xtc_threshold = values.xtcThreshold
        repeat_last_n = values.repeatLastN
        repeat_penalty = values.repeatPenalty
        frequency_penalty = values.frequencyPenalty
        presence_penalty = values.presencePenalty
        dry_multiplier = values.dryMultiplier
        dry_base = values.dryBase
        dry_allowed_length = values.dryAllowedLength
        dry_last_n = values.dryLastN
        mirostat = values.mirostat
        mirostat_tau = values.mirostatTau
        mirostat_eta = values.mirostatEta
        adaptive_target = values.adaptiveTarget
        adaptive_decay = values.adaptiveDecay
        ignores_end = values.ignoresEnd
    }
}

extension EngineError {
    /// The text of a failure of the chat library, which is freed; it may be missing.
    ///
    /// - Parameters:
    ///   - failure: The failure.
    ///   - limit: Bytes that the work was allowed to allocate.
    /// - Returns: Why it failed.
    static func reason(taking failure: OpaquePointer?, within limit: UInt64) -> String {
        guard let failure else { return "no reason was given" }
        defer { baigo_chat_error_free(failure) }
        let reason = baigo_chat_error_message(failure).string
        // What C++ says when an allocation fails, alone or within the library's own words.
        return reason.contains("std::bad_alloc")
            ? "it needs more than its limit of \(limit >> 20) MiB of memory" : reason
    }
}
