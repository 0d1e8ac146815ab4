// SPDX-License-Identifier: Apache-2.0
#include "llama_sampling.h"

#include "error_output.hpp"
#include "grammar_limits.hpp"
#include "guarded.hpp"

#include <common.h>
#include <json-schema-to-grammar.h>
#include <llama.h>
#include <sampling.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using baigo::copy;
using baigo::guarded;

struct baigo_sampler {
    common_sampler_ptr samplers;
    bool has_grammar;
};

namespace {

std::vector<std::string> copies(const baigo_text *texts, size_t count) {
    std::vector<std::string> result;
    for (size_t index = 0; index < count; ++index) {
        result.push_back(copy(texts[index]));
    }
    return result;
}

std::vector<common_sampler_type> order_of(const baigo_sampling &values) {
    std::vector<common_sampler_type> order;
    for (const std::string &name : copies(values.samplers, values.sampler_count)) {
        // One at a time: the library leaves out names that it does not know.
        const auto types = common_sampler_types_from_names({ name });
        if (types.size() != 1) {
            throw std::invalid_argument("there is no sampler “" + name + "”");
        }
        order.push_back(types.front());
    }
    return order;
}

/// A word that is one token starts a grammar by that token, as in llama-server.
common_grammar_trigger trigger_of(const common_grammar_trigger &trigger, const llama_vocab *vocab) {
    if (trigger.type != COMMON_GRAMMAR_TRIGGER_TYPE_WORD) {
        return trigger;
    }
    const auto tokens = common_tokenize(vocab, trigger.value, false, true);
    if (tokens.size() != 1) {
        return trigger;
    }
    return { COMMON_GRAMMAR_TRIGGER_TYPE_TOKEN, trigger.value, tokens.front() };
}

void constrain(common_params_sampling &params, const baigo_sampling &values, const llama_vocab *vocab) {
    if (values.grammar.length > 0) {
        const std::string grammar = copy(values.grammar);
        const std::string refusal = baigo::grammar_refusal(grammar);
        if (!refusal.empty()) {
            throw std::invalid_argument(refusal);
        }
        params.grammar = { COMMON_GRAMMAR_TYPE_USER, grammar };
    } else if (values.prompt != nullptr && !values.prompt->rendered.grammar.empty()) {
        const common_chat_params &rendered = values.prompt->rendered;
        params.grammar = { COMMON_GRAMMAR_TYPE_TOOL_CALLS, rendered.grammar };
        params.grammar_lazy = rendered.grammar_lazy;
        for (const common_grammar_trigger &trigger : rendered.grammar_triggers) {
            params.grammar_triggers.push_back(trigger_of(trigger, vocab));
        }
        params.generation_prompt = rendered.generation_prompt;
    } else if (values.schema.length > 0) {
        params.grammar = { COMMON_GRAMMAR_TYPE_OUTPUT_FORMAT,
                           json_schema_to_grammar(common_json::parse(copy(values.schema))) };
    }
}

void bias(common_params_sampling &params, const baigo_sampling &values, const llama_vocab *vocab) {
    const int32_t tokens = llama_vocab_n_tokens(vocab);
    for (size_t index = 0; index < values.bias_count; ++index) {
        if (values.bias_tokens[index] < 0 || values.bias_tokens[index] >= tokens) {
            throw std::invalid_argument("the vocabulary has no token " + std::to_string(values.bias_tokens[index]));
        }
        params.logit_bias.push_back({ values.bias_tokens[index], values.biases[index] });
    }
    for (llama_token token = 0; values.ignores_end && token < tokens; ++token) {
        if (llama_vocab_is_eog(vocab, token)) {
            params.logit_bias.push_back({ token, -INFINITY });
        }
    }
}

/// Makes the samplers; a grammar that cannot be read is an error that says where.
common_sampler_ptr samplers_of(const llama_model *model, common_params_sampling &params) {
    const baigo::ErrorOutput output;
    try {
        return common_sampler_ptr(common_sampler_init(model, params));
    } catch (const std::exception &) {
        const std::string reason = output.line_after("error parsing grammar: ");
        if (reason.empty()) {
            throw;
        }
        throw std::invalid_argument(reason);
    }
}

common_params_sampling params_of(const baigo_sampling &values) {
    common_params_sampling params;
    params.no_perf = true;
    params.seed = values.seed;
    params.temp = values.temperature;
    params.dynatemp_range = values.dynamic_range;
    params.dynatemp_exponent = values.dynamic_exponent;
    params.top_k = values.top_k;
    params.top_p = values.top_p;
    params.min_p = values.min_p;
    params.typ_p = values.typical_p;
    params.top_n_sigma = values.top_n_sigma;
    params.xtc_probability = values.xtc_probability;
    params.xtc_threshold = values.xtc_threshold;
    params.penalty_last_n = values.repeat_last_n;
    params.n_prev = std::max(params.n_prev, values.repeat_last_n);
    params.penalty_repeat = values.repeat_penalty;
    params.penalty_freq = values.frequency_penalty;
    params.penalty_present = values.presence_penalty;
    params.dry_multiplier = values.dry_multiplier;
    params.dry_base = values.dry_base;
    params.dry_allowed_length = values.dry_allowed_length;
    params.dry_penalty_last_n = values.dry_last_n;
    params.dry_sequence_breakers = copies(values.dry_breakers, values.dry_breaker_count);
    params.mirostat = values.mirostat;
    params.mirostat_tau = values.mirostat_tau;
    params.mirostat_eta = values.mirostat_eta;
    params.adaptive_target = values.adaptive_target;
    params.adaptive_decay = values.adaptive_decay;
    if (values.sampler_count > 0) {
        params.samplers = order_of(values);
    }
    return params;
}

}  // namespace

baigo_sampler *baigo_sampler_create(const llama_model *model, const baigo_sampling *values, baigo_chat_error **error) {
    return guarded<baigo_sampler *>(error, nullptr, [&] {
        common_params_sampling params = params_of(*values);
        bias(params, *values, llama_model_get_vocab(model));
        constrain(params, *values, llama_model_get_vocab(model));
        auto sampler = std::make_unique<baigo_sampler>();
        sampler->has_grammar = !params.grammar.empty();
        sampler->samplers = samplers_of(model, params);
        return sampler.release();
    });
}

void baigo_sampler_free(baigo_sampler *sampler) { delete sampler; }

bool baigo_sampler_has_grammar(const baigo_sampler *sampler) { return sampler->has_grammar; }

void baigo_sampler_accept_prompt(baigo_sampler *sampler, int32_t token) {
    common_sampler_accept(sampler->samplers.get(), token, false);
}

int32_t baigo_sampler_next(baigo_sampler *sampler, llama_context *context, int32_t output, baigo_chat_error **error) {
    return guarded<int32_t>(error, -1, [&] {
        const llama_token token = common_sampler_sample(sampler->samplers.get(), context, output);
        common_sampler_accept(sampler->samplers.get(), token, true);
        return token;
    });
}
