// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "llama_chat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct llama_context;
struct llama_model;

/// How tokens are chosen; every value is in llama.cpp's range.
struct baigo_sampling {
    uint32_t seed;
    float temperature;
    float dynamic_range;
    float dynamic_exponent;
    int32_t top_k;
    float top_p;
    float min_p;
    float typical_p;
    float top_n_sigma;
    float xtc_probability;
    float xtc_threshold;
    int32_t repeat_last_n;
    float repeat_penalty;
    float frequency_penalty;
    float presence_penalty;
    float dry_multiplier;
    float dry_base;
    int32_t dry_allowed_length;
    int32_t dry_last_n;
    int32_t mirostat;
    float mirostat_tau;
    float mirostat_eta;
    float adaptive_target;
    float adaptive_decay;
    /// Whether tokens that end an answer are never chosen.
    bool ignores_end;
    /// Names of samplers in their order; none for llama.cpp's.
    const struct baigo_text *samplers;
    size_t sampler_count;
    /// Texts that DRY does not look behind.
    const struct baigo_text *dry_breakers;
    size_t dry_breaker_count;
    /// What is added to the logits of tokens.
    const int32_t *bias_tokens;
    const float *biases;
    size_t bias_count;
    /// What an answer has to follow, in GBNF; empty for none.
    struct baigo_text grammar;
    /// The same as a JSON Schema; empty for none. Not used with a prompt that was rendered for it.
    struct baigo_text schema;
    /// The conversation that is answered, which may bring a grammar; NULL for none.
    const struct baigo_chat_prompt *prompt;
};

/// The samplers of one answer: llama.cpp's `common_sampler`.
struct baigo_sampler;

/// Makes the samplers of an answer. Returns NULL and sets `error` on failure.
struct baigo_sampler *baigo_sampler_create(const struct llama_model *model, const struct baigo_sampling *values,
                                           struct baigo_chat_error **error);
void baigo_sampler_free(struct baigo_sampler *sampler);

/// Whether the samplers hold the answer to a grammar.
bool baigo_sampler_has_grammar(const struct baigo_sampler *sampler);

/// Takes note of a token of the prompt, for the penalties.
void baigo_sampler_accept_prompt(struct baigo_sampler *sampler, int32_t token);

/// Chooses the next token from an output of the context, and takes note of it.
///
/// Returns a negative number and sets `error` on failure.
int32_t baigo_sampler_next(struct baigo_sampler *sampler, struct llama_context *context, int32_t output,
                           struct baigo_chat_error **error);

#ifdef __cplusplus
}
#endif
