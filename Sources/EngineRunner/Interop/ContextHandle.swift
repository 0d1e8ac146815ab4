// SPDX-License-Identifier: Apache-2.0

internal import CLlama

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
    private let raw: OpaquePointer

    /// Makes a context.
    ///
    /// - Parameters:
    ///   - model: The model it computes with.
    ///   - contextTokens: Tokens that it is to hold at least.
    ///   - threads: Threads to compute with.
    ///   - control: Asked at every node of the graph whether to go on.
    ///
    /// The result is `nil` when the engine cannot make it; its log says why.
    init?(model: ModelHandle, contextTokens: UInt32, threads: Int32, control: RunControl) {
        var parameters = llama_context_default_params()
        parameters.n_ctx = contextTokens
        parameters.n_batch = 2048
        parameters.n_ubatch = 512
        parameters.n_seq_max = 1
        parameters.n_threads = threads
        parameters.n_threads_batch = threads
        parameters.swa_full = false
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
    }

    deinit { llama_free(raw) }

    /// Tokens that the context holds; the engine rounds up what was asked for.
    var contextTokens: Int { Int(llama_n_ctx(raw)) }

    /// The most tokens that one call of `decode` takes.
    var batchTokens: Int { Int(llama_n_batch(raw)) }

    /// Whether tokens stay in the context, without which text cannot be continued.
    var hasMemory: Bool { llama_get_memory(raw) != nil }

    /// Whether the model pools its output into one vector, as embedding models do.
    var poolsOutput: Bool { baigo_pooling_type(raw) != LLAMA_POOLING_TYPE_NONE }

    /// Tokens that are in the context, counted from its start.
    var heldTokens: Int { Int(llama_memory_seq_pos_max(llama_get_memory(raw), 0)) + 1 }

    /// Adds tokens at the end and computes what may follow the last one.
    ///
    /// - Parameter tokens: 1 to `batchTokens` of them.
    /// - Returns: Whether they are in the context now.
    func decode(_ tokens: ArraySlice<llama_token>) -> Outcome {
        var tokens = Array(tokens)
        let code = tokens.withUnsafeMutableBufferPointer { buffer in
            llama_decode(raw, llama_batch_get_one(buffer.baseAddress, Int32(clamping: buffer.count)))
        }
        switch code {
        case 0: return .done
        case 2: return .aborted
        default: return .failed(code: code)
        }
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

    /// Chooses the next token after the last one decoded.
    func sample(with sampler: borrowing SamplerChain) -> llama_token {
        llama_sampler_sample(sampler.raw, raw, -1)
    }
}
