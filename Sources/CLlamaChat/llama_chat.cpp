// SPDX-License-Identifier: Apache-2.0
#include "llama_chat.h"

#include "template_limits.hpp"

#include <chat.h>
#include <llama.h>
#include <log.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

struct baigo_chat_error {
    std::string message;
};

struct baigo_chat {
    common_chat_templates_ptr templates;
};

struct baigo_chat_prompt {
    common_chat_params rendered;
    common_chat_parser_params reader;
};

struct baigo_chat_answer {
    common_chat_msg message;
};

namespace {

baigo_text view(const std::string &text) { return { text.c_str(), text.size() }; }

std::string copy(baigo_text text) { return std::string(text.bytes, text.length); }

void report(baigo_chat_error **error, const char *message) noexcept {
    if (error == nullptr) {
        return;
    }
    try {
        *error = new baigo_chat_error{ message };
    } catch (...) {
        *error = nullptr;
    }
}

/// Runs what may throw; nothing leaves but a result or an error.
template <typename Result, typename Work>
Result *guarded(baigo_chat_error **error, Work work) noexcept {
    try {
        return work();
    } catch (const std::exception &failure) {
        report(error, failure.what());
    } catch (...) {
        report(error, "unknown failure in the chat library");
    }
    return nullptr;
}

void check_template(const char *source) {
    if (source == nullptr) {
        return;
    }
    const std::string refusal = baigo::template_refusal(source);
    if (!refusal.empty()) {
        throw std::runtime_error(refusal);
    }
    // common_chat_templates_init loses the text of a syntax error, so that the template is parsed here first.
    common_chat_template(source, "", "");
}

}  // namespace

baigo_chat *baigo_chat_create(const llama_model *model, baigo_chat_error **error) {
    return guarded<baigo_chat>(error, [&] {
        // Warnings of the library quote what the model wrote, which is not for logs.
        common_log_set_verbosity_thold(LOG_LEVEL_ERROR);
        check_template(llama_model_chat_template(model, nullptr));
        auto chat = std::make_unique<baigo_chat>();
        chat->templates = common_chat_templates_init(model, "");
        return chat.release();
    });
}

void baigo_chat_free(baigo_chat *chat) { delete chat; }

bool baigo_chat_has_template(const baigo_chat *chat) {
    return common_chat_templates_was_explicit(chat->templates.get());
}

baigo_chat_prompt *baigo_chat_render(const baigo_chat *chat, const baigo_chat_message *messages, size_t count,
                                     baigo_chat_error **error) {
    return guarded<baigo_chat_prompt>(error, [&] {
        common_chat_templates_inputs inputs;
        inputs.use_jinja = true;
        inputs.add_generation_prompt = true;
        inputs.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
        inputs.enable_thinking = common_chat_templates_support_enable_thinking(chat->templates.get());
        for (size_t index = 0; index < count; ++index) {
            common_chat_msg message;
            message.role = copy(messages[index].role);
            message.content = copy(messages[index].content);
            inputs.messages.push_back(std::move(message));
        }
        auto prompt = std::make_unique<baigo_chat_prompt>();
        prompt->rendered = common_chat_templates_apply(chat->templates.get(), inputs);
        prompt->reader = common_chat_parser_params(prompt->rendered);
        prompt->reader.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
        prompt->reader.parse_tool_calls = false;
        if (!prompt->rendered.parser.empty()) {
            prompt->reader.parser.load(prompt->rendered.parser);
        }
        return prompt.release();
    });
}

void baigo_chat_prompt_free(baigo_chat_prompt *prompt) { delete prompt; }

baigo_text baigo_chat_prompt_text(const baigo_chat_prompt *prompt) { return view(prompt->rendered.prompt); }

size_t baigo_chat_prompt_stop_count(const baigo_chat_prompt *prompt) {
    return prompt->rendered.additional_stops.size();
}

baigo_text baigo_chat_prompt_stop(const baigo_chat_prompt *prompt, size_t index) {
    return view(prompt->rendered.additional_stops.at(index));
}

size_t baigo_chat_prompt_kept_token_count(const baigo_chat_prompt *prompt) {
    return prompt->rendered.preserved_tokens.size();
}

baigo_text baigo_chat_prompt_kept_token(const baigo_chat_prompt *prompt, size_t index) {
    return view(prompt->rendered.preserved_tokens.at(index));
}

bool baigo_chat_prompt_has_parser(const baigo_chat_prompt *prompt) { return !prompt->rendered.parser.empty(); }

baigo_chat_answer *baigo_chat_answer_parse(const baigo_chat_prompt *prompt, baigo_text written, bool partial,
                                           baigo_chat_error **error) {
    return guarded<baigo_chat_answer>(error, [&] {
        auto answer = std::make_unique<baigo_chat_answer>();
        answer->message = common_chat_parse(copy(written), partial, prompt->reader);
        return answer.release();
    });
}

void baigo_chat_answer_free(baigo_chat_answer *answer) { delete answer; }

baigo_text baigo_chat_answer_content(const baigo_chat_answer *answer) { return view(answer->message.content); }

baigo_text baigo_chat_answer_reasoning(const baigo_chat_answer *answer) {
    return view(answer->message.reasoning_content);
}

baigo_text baigo_chat_error_message(const baigo_chat_error *error) { return view(error->message); }

void baigo_chat_error_free(baigo_chat_error *error) { delete error; }
