// SPDX-License-Identifier: Apache-2.0

import TestSupport

/// A model of many narrow layers without a vocabulary: each token of its context takes 50 KiB, in tensors that any
/// device would take one by one.
enum DeepModel {
    private static let layers = 400
    private static let width: Int64 = 32

    /// The model's file.
    static var file: [UInt8] {
        var tensors = [GGUFTestTensor("token_embd.weight", [width, 8]), GGUFTestTensor("output_norm.weight", [width])]
        for layer in 0..<layers {
            tensors += ["attn_norm", "ffn_norm"].map { GGUFTestTensor("blk.\(layer).\($0).weight", [width]) }
            tensors += ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"].map {
                GGUFTestTensor("blk.\(layer).\($0).weight", [width, width])
            }
        }
        return GGUFBuilder(
            [
                ("general.architecture", .string("llama")), ("llama.vocab_size", .uint32(8)),
                ("llama.context_length", .uint32(2_000_000)), ("llama.embedding_length", .uint32(UInt32(width))),
                ("llama.block_count", .uint32(UInt32(layers))), ("llama.feed_forward_length", .uint32(UInt32(width))),
                ("llama.attention.head_count", .uint32(1)), ("llama.attention.layer_norm_rms_epsilon", .float32(1e-5)),
                ("llama.rope.dimension_count", .uint32(UInt32(width))), ("tokenizer.ggml.model", .string("no_vocab")),
            ], tensors: tensors
        ).file
    }
}
