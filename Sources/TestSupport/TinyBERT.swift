// SPDX-License-Identifier: Apache-2.0

/// A BERT model of one layer and a few words, with numbers that follow from their places.
package enum TinyBERT {
    /// Numbers of a vector.
    package static let width = 32
    /// Words that the vocabulary has beside `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]` and `[MASK]`.
    package static let words = ["cat", "dog", "sits", "runs", "the", "air", "gap", "model"]
    /// Tokens that a text may have.
    package static let contextTokens = 48

    /// The model's file.
    ///
    /// - Parameters:
    ///   - pooling: 1 for the mean, 2 for the first token, 4 for a score.
    ///   - normWeight: What each layer's output is multiplied by; 0 makes vectors of zeros.
    /// - Returns: Its bytes.
    package static func file(pooling: UInt32 = 1, normWeight: Float = 1) -> [UInt8] {
        let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words.map { "\u{2581}" + $0 }
        let wide = Int64(width)
        let inner: Int64 = 64
        var tensors = [
            tensor("token_embd.weight", [wide, Int64(tokens.count)]), tensor("token_types.weight", [wide, 2]),
            tensor("position_embd.weight", [wide, Int64(contextTokens)]),
        ]
        tensors += norm("token_embd_norm", normWeight)
        for part in ["attn_q", "attn_k", "attn_v", "attn_output"] {
            tensors += [tensor("blk.0.\(part).weight", [wide, wide]), tensor("blk.0.\(part).bias", [wide])]
        }
        tensors += norm("blk.0.attn_output_norm", normWeight) + norm("blk.0.layer_output_norm", normWeight)
        tensors += [
            tensor("blk.0.ffn_up.weight", [wide, inner]), tensor("blk.0.ffn_up.bias", [inner]),
            tensor("blk.0.ffn_down.weight", [inner, wide]), tensor("blk.0.ffn_down.bias", [wide]),
        ]
        if pooling == 4 {
            tensors += [
                tensor("cls.weight", [wide, wide]), tensor("cls.bias", [wide]),
                tensor("cls.output.weight", [wide, 1]), tensor("cls.output.bias", [1]),
            ]
        }
        return GGUFBuilder(
            [
                ("general.architecture", .string("bert")), ("general.type", .string("model")),
                ("general.name", .string("Tiny BERT")), ("bert.context_length", .uint32(UInt32(contextTokens))),
                ("bert.embedding_length", .uint32(UInt32(width))), ("bert.block_count", .uint32(1)),
                ("bert.feed_forward_length", .uint32(UInt32(inner))), ("bert.attention.head_count", .uint32(2)),
                ("bert.attention.layer_norm_epsilon", .float32(1e-12)), ("bert.attention.causal", .bool(false)),
                ("bert.pooling_type", .uint32(pooling)), ("tokenizer.ggml.model", .string("bert")),
                ("tokenizer.ggml.tokens", .strings(tokens)),
                ("tokenizer.ggml.token_type", .array(of: 5, tokens.indices.map { .int32($0 < 5 ? 3 : 1) })),
                ("tokenizer.ggml.token_type_count", .uint32(2)), ("tokenizer.ggml.padding_token_id", .uint32(0)),
                ("tokenizer.ggml.unknown_token_id", .uint32(1)), ("tokenizer.ggml.bos_token_id", .uint32(2)),
                ("tokenizer.ggml.eos_token_id", .uint32(3)), ("tokenizer.ggml.seperator_token_id", .uint32(3)),
                ("tokenizer.ggml.mask_token_id", .uint32(4)),
            ], tensors: tensors
        ).file
    }

    private static func tensor(_ name: String, _ shape: [Int64]) -> GGUFTestTensor {
        // Any numbers will do that are small and not all alike.
        let seed = name.utf8.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) }
        return GGUFTestTensor(name, shape) { index in
            let mixed = (seed &+ UInt32(truncatingIfNeeded: index)) &* 2_654_435_761
            return Float(Int32(bitPattern: mixed) >> 16) / 65536
        }
    }

    private static func norm(_ name: String, _ weight: Float) -> [GGUFTestTensor] {
        [
            GGUFTestTensor("\(name).weight", [Int64(width)]) { _ in weight },
            GGUFTestTensor("\(name).bias", [Int64(width)]) { _ in 0 },
        ]
    }
}
