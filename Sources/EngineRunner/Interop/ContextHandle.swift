// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire
internal import Glibc

/// A token of a batch, and where it belongs.
struct BatchToken {
    let token: llama_token
    /// Its place in its sequence, from 0.
    let position: Int
    let sequence: Int
    /// Whether what may follow it is wanted.
    let givesOutput: Bool
}

/// What a context is for.
struct ContextOptions {
    /// Tokens that each answer may have, or, for vectors, all sequences together.
    var tokens: UInt32
    /// Threads to compute with.
    var threads: Int32
    /// Whether it makes vectors in place of text.
    var makesVectors = false
    /// Answers that are computed at a time.
    var answers: UInt32 = 1
    /// Whether attention is computed in one piece; `nil` where it is possible.
    var flashAttention: Bool?
    /// What tokens are kept in; `nil` for f16.
    var cacheType: Placement.CacheType?

    /// Sequences that are computed at a time: as each gives an output, no more than the tokens of a batch.
    var sequences: UInt32 { makesVectors ? min(64, tokens) : answers }

    /// As the engine takes them.
    var raw: llama_context_params {
        var parameters = llama_context_default_params()
        // An answer has a part of its own; it is rounded up to a multiple of 256 where there are several.
        parameters.n_ctx = makesVectors ? tokens : tokens * answers
        parameters.n_batch = makesVectors ? tokens : 2048
        // A text that is read in both directions has to be computed in one go.
        parameters.n_ubatch = makesVectors ? tokens : 512
        parameters.n_seq_max = sequences
        parameters.kv_unified = makesVectors
        parameters.n_outputs_max_per_seq = makesVectors ? 0 : 1
        parameters.embeddings = makesVectors
        parameters.n_threads = threads
        parameters.n_threads_batch = threads
        parameters.swa_full = false
        if let flashAttention {
            parameters.flash_attn_type =
                flashAttention ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED
        }
        if let type = cacheType?.raw {
            parameters.type_k = type
            parameters.type_v = type
        }
        return parameters
    }
}

/// Owns one context: the memory of one sequence of tokens, and what computes on it.
///
/// Keeps its model alive.
final class ContextHandle {
    /// What became of a batch.
    enum Outcome {
        case done
        case aborted
        case failed(code: Int32)
    }

    let model: ModelHandle
    private let control: RunControl
    let raw: OpaquePointer
    /// Sequences that can be computed at a time.
    let sequences: Int
    private let vocabularySize: Int

    /// Makes a context.
    ///
    /// - Parameters:
    ///   - model: The model it computes with.
    ///   - options: Its size, and what it is for.
    ///   - control: Asked at every node of the graph whether to go on.
    ///
    /// The result is `nil` when the engine cannot make it; its log says why.
    init?(model: ModelHandle, options: ContextOptions, control: RunControl) {
        var parameters = options.raw
        parameters.abort_callback = { control in
            guard let control else { return false }
            return !Unmanaged<RunControl>.fromOpaque(control).takeUnretainedValue().pulse()
        }
        // Not retained by the engine; `control` lives as long as this object, and so does the context.
        parameters.abort_callback_data = Unmanaged.passUnretained(control).toOpaque()
        guard let raw = llama_init_from_model(model.raw, parameters) else { return nil }
        self.model = model
        self.control = control
        self.raw = raw
        sequences = Int(options.sequences)
        vocabularySize = Int(llama_vocab_n_tokens(llama_model_get_vocab(model.raw)))
    }

    deinit { llama_free(raw) }

    /// Tokens that a sequence may have; the engine rounds up what was asked for.
    var contextTokens: Int { Int(llama_n_ctx_seq(raw)) }

    /// The most tokens that one call of `decode` takes.
    var batchTokens: Int { Int(llama_n_batch(raw)) }

    /// Whether tokens stay in the context, without which text cannot be continued.
    var hasMemory: Bool { llama_get_memory(raw) != nil }

    /// Whether the model pools its output into one vector, as embedding models do.
    var poolsOutput: Bool { baigo_pooling_type(raw) != LLAMA_POOLING_TYPE_NONE }

    /// Whether the model pools its output into scores.
    var makesScores: Bool { baigo_pooling_type(raw) == LLAMA_POOLING_TYPE_RANK }

    /// Computes sequences, each from its start, and forgets what was there before.
    ///
    /// - Parameter sequences: Tokens of each; together at most `batchTokens`, and at most as many as the context takes.
    /// - Returns: Whether they were computed.
    func compute(_ sequences: [[llama_token]]) -> Outcome {
        if let memory = llama_get_memory(raw) { llama_memory_clear(memory, true) }
        return decode(
            sequences.enumerated().flatMap { number, tokens in
                tokens.enumerated().map { position, token in
                    BatchToken(token: token, position: position, sequence: number, givesOutput: true)
                }
            })
    }

    /// Computes tokens of any sequences, each at the end of its own.
    ///
    /// - Parameter tokens: 1 to `batchTokens` of them; those of a sequence in their order.
    /// - Returns: Whether they are in the context now.
    func decode(_ tokens: [BatchToken]) -> Outcome {
        var batch = llama_batch_init(Int32(clamping: tokens.count), 0, 1)
        defer { llama_batch_free(batch) }
        for (place, token) in tokens.enumerated() {
            batch.token[place] = token.token
            batch.pos[place] = llama_pos(clamping: token.position)
            batch.n_seq_id[place] = 1
            batch.seq_id[place]?[0] = llama_seq_id(clamping: token.sequence)
            batch.logits[place] = token.givesOutput ? 1 : 0
        }
        batch.n_tokens = Int32(clamping: tokens.count)
        return Self.outcome(llama_decode(raw, batch))
    }

    /// Forgets a whole sequence.
    func forget(sequence: Int) {
        _ = llama_memory_seq_rm(llama_get_memory(raw), llama_seq_id(clamping: sequence), -1, -1)
    }

    /// Forgets everything.
    func forgetAll() {
        if let memory = llama_get_memory(raw) { llama_memory_clear(memory, true) }
    }

    /// Waits until everything is computed.
    func synchronize() { llama_synchronize(raw) }

    /// The pooled output of a sequence of the last `compute`.
    ///
    /// - Parameters:
    ///   - sequence: Its number, from 0.
    ///   - count: How many numbers it has.
    /// - Returns: The numbers as the model gives them; `nil` where there are none.
    func pooled(sequence: Int, count: Int) -> [Float]? {
        guard let values = llama_get_embeddings_seq(raw, llama_seq_id(clamping: sequence)) else { return nil }
        return Array(UnsafeBufferPointer(start: values, count: count))
    }

    private static func outcome(_ code: Int32) -> Outcome {
        switch code {
        case 0: .done
        case 2: .aborted
        default: .failed(code: code)
        }
    }

    /// Tokens that are in the context, counted from its start.
    var heldTokens: Int { Int(llama_memory_seq_pos_max(llama_get_memory(raw), 0)) + 1 }

    /// Computes with adapters of its model from now on.
    ///
    /// - Parameter adapters: Each with its scale.
    /// - Returns: Whether the engine takes them.
    func apply(_ adapters: [(adapter: OpaquePointer, scale: Float)]) -> Bool {
        var handles = adapters.map { Optional($0.adapter) }
        var scales = adapters.map(\.scale)
        return llama_set_adapters_lora(raw, &handles, handles.count, &scales) == 0
    }

    /// Adds tokens at the end and computes what may follow the last one.
    ///
    /// - Parameter tokens: 1 to `batchTokens` of them.
    /// - Returns: Whether they are in the context now.
    func decode(_ tokens: ArraySlice<llama_token>) -> Outcome {
        var tokens = Array(tokens)
        let code = tokens.withUnsafeMutableBufferPointer { buffer in
            llama_decode(raw, llama_batch_get_one(buffer.baseAddress, Int32(clamping: buffer.count)))
        }
        return Self.outcome(code)
    }

    /// Forgets all tokens from a position on.
    ///
    /// - Returns: How many tokens are left: `count`, or 0 when the model can only forget everything.
    func keep(_ count: Int) -> Int {
        let memory = llama_get_memory(raw)
        let firstHeld = Int(llama_memory_seq_pos_min(memory, 0))
        let isWindowGone = model.windowTokens > 0 && firstHeld > max(0, count - model.windowTokens)
        if count > 0, !isWindowGone, llama_memory_seq_rm(memory, 0, Int32(clamping: count), -1) { return count }
        llama_memory_clear(memory, true)
        return 0
    }

    /// Finds the token with the greatest logit.
    ///
    /// - Parameter output: The place of a token in the last batch, or −1 for its last output.
    /// - Returns: The token; `nil` where there is no output.
    func likeliestToken(output: Int32) -> llama_token? {
        withLogits(output: output) { logits in
            guard var best = logits.first else { return nil }
            var token = 0
            for index in logits.indices where logits[index] > best {
                best = logits[index]
                token = index
            }
            return llama_token(clamping: token)
        }
    }

    /// The probabilities at an output, as the model gives them.
    ///
    /// - Parameters:
    ///   - output: As for `likeliestToken`.
    ///   - token: A token whose probability is wanted.
    ///   - count: How many of the likeliest tokens are wanted, too.
    /// - Returns: Natural logarithms of probabilities: that of `token`, and the likeliest, the first one first.
    func logarithms(
        output: Int32, of token: llama_token, likeliest count: Int
    ) -> (token: Double, likeliest: [(token: llama_token, logarithm: Double)])? {
        withLogits(output: output) { logits in
            guard let greatest = logits.max(), logits.indices.contains(Int(token)) else { return nil }
            let sum = logits.reduce(0.0) { $0 + exp(Double($1 - greatest)) }
            let base = Double(greatest) + log(sum)
            var best: [Int] = []
            for index in logits.indices {
                if best.count == count, let last = best.last, logits[index] <= logits[last] { continue }
                let place = best.firstIndex { logits[$0] < logits[index] } ?? best.count
                best.insert(index, at: place)
                if best.count > count { best.removeLast() }
            }
            return (
                Double(logits[Int(token)]) - base,
                best.map { (llama_token(clamping: $0), Double(logits[$0]) - base) }
            )
        }
    }

    /// Makes sure that an output can be chosen from: none of its numbers is NaN, and the greatest is finite.
    ///
    /// - Parameter output: As for `likeliestToken`.
    /// - Throws: `EngineError`, code `computeFailed`.
    func check(output: Int32) throws(EngineError) {
        let isUsable = withLogits(output: output) { $0.canBeChosenFrom } ?? false
        guard !isUsable else { return }
        throw EngineError(
            .computeFailed, "the model gave no numbers that a token could be chosen by",
            hint: "Its file, or an adapter, is damaged or does not work with this engine; get it again from its maker.")
    }

    private func withLogits<Result>(output: Int32, _ body: (UnsafeBufferPointer<Float>) -> Result?) -> Result? {
        guard let logits = llama_get_logits_ith(raw, output) else { return nil }
        return body(UnsafeBufferPointer(start: logits, count: vocabularySize))
    }
}

extension UnsafeBufferPointer<Float> {
    /// Whether none of the numbers is NaN, and the greatest is finite.
    ///
    /// Every token costs this over a whole vocabulary: as integers, the bits are compared several at a time.
    /// Source: IEEE 754: without its sign, NaN is above infinity, and positive numbers are in the order of their bits.
    var canBeChosenFrom: Bool {
        let infinity = Float.infinity.bitPattern
        var (greatest, largest, smallest) = (Int32.min, UInt32.min, UInt32.max)
        for number in self {
            let magnitude = number.bitPattern & Int32.max.magnitude
            greatest = Swift.max(greatest, Int32(bitPattern: number.bitPattern))
            largest = Swift.max(largest, magnitude)
            smallest = Swift.min(smallest, magnitude)
        }
        return largest <= infinity && smallest < infinity && greatest < Int32(bitPattern: infinity)
    }
}
