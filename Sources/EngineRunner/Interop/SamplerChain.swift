// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire

/// Owns the samplers of one answer, in llama.cpp's default order.
struct SamplerChain: ~Copyable {
    let raw: UnsafeMutablePointer<llama_sampler>

    /// Makes the chain for a set of values.
    ///
    /// - Throws: `EngineError`, code `computeFailed`, when the engine has no memory for it.
    init(_ values: SamplingValues, vocabulary: Vocabulary) throws(EngineError) {
        guard let raw = llama_sampler_chain_init(llama_sampler_chain_default_params()) else {
            throw EngineError(.computeFailed, "the engine could not make a sampler")
        }
        self.raw = raw
        let biases = vocabulary.suppressed.map { llama_logit_bias(token: $0, bias: -.infinity) }
        if !biases.isEmpty {
            add(llama_sampler_init_logit_bias(Int32(vocabulary.count), Int32(clamping: biases.count), biases))
        }
        guard values.temperature > 0 else {
            add(llama_sampler_init_greedy())
            return
        }
        add(llama_sampler_init_top_k(values.topK))
        add(llama_sampler_init_top_p(values.topP, 0))
        add(llama_sampler_init_min_p(values.minP, 0))
        add(llama_sampler_init_temp(values.temperature))
        add(llama_sampler_init_dist(values.seed))
    }

    deinit { llama_sampler_free(raw) }

    private func add(_ sampler: UnsafeMutablePointer<llama_sampler>?) {
        llama_sampler_chain_add(raw, sampler)
    }
}
