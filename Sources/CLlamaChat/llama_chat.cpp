// SPDX-License-Identifier: Apache-2.0
#include "llama_chat.h"

#include "guarded.hpp"
#include "template_limits.hpp"

#include <chat.h>
#include <llama.h>
#include <log.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using baigo::copy;
using baigo::guarded;
using baigo::view;

struct baigo_chat {
    common_chat_templates_ptr templates;
    bool uses_jinja;
};

struct baigo_chat_answer {
    common_chat_msg message;
};

namespace {

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

/// The templates that llama.cpp knows by name are code of its own, not Jinja.
void check_name(const std::string &name) {
    std::vector<const char *> names(llama_chat_builtin_templates(nullptr, 0));
    llama_chat_builtin_templates(names.data(), names.size());
    std::string known;
    for (const char *candidate : names) {
        if (name == candidate) {
            return;
        }
        known += known.empty() ? candidate : std::string(", ") + candidate;
    }
    throw std::invalid_argument("llama.cpp has no template of that name; it has " + known);
}

}  // namespace

baigo_chat *baigo_chat_create(const llama_model *model, baigo_chat_source source, baigo_text text,
                              baigo_chat_error **error) {
    return guarded<baigo_chat *>(error, nullptr, [&] {
        // Warnings of the library quote what the model wrote, which is not for logs.
        common_log_set_verbosity_thold(LOG_LEVEL_ERROR);
        const std::string given = copy(text);
        if (source == BAIGO_CHAT_BUILT_IN) {
            check_name(given);
        } else {
            check_template(source == BAIGO_CHAT_GIVEN ? given.c_str() : llama_model_chat_template(model, nullptr));
        }
        auto chat = std::make_unique<baigo_chat>();
        chat->templates = common_chat_templates_init(model, given);
        chat->uses_jinja = source != BAIGO_CHAT_BUILT_IN;
        return chat.release();
    });
}

void baigo_chat_free(baigo_chat *chat) { delete chat; }

bool baigo_chat_has_template(const baigo_chat *chat) {
    return common_chat_templates_was_explicit(chat->templates.get());
}

namespace {

void add_tools(common_chat_templates_inputs &inputs, const baigo_chat_request &request) {
    if (!inputs.use_jinja) {
        throw std::invalid_argument("a template that llama.cpp brings under a name takes no tools");
    }
    inputs.tools = common_chat_tools_parse_oaicompat(common_json::parse(copy(request.tools)));
    switch (request.tool_choice) {
    case BAIGO_CHAT_TOOLS_AUTO: inputs.tool_choice = COMMON_CHAT_TOOL_CHOICE_AUTO; break;
    case BAIGO_CHAT_TOOLS_REQUIRED: inputs.tool_choice = COMMON_CHAT_TOOL_CHOICE_REQUIRED; break;
    case BAIGO_CHAT_TOOLS_NONE: inputs.tool_choice = COMMON_CHAT_TOOL_CHOICE_NONE; break;
    }
}

/// Source: llama.cpp, tools/server/server-common.cpp, oaicompat_chat_params_parse, and the defaults of its options.
common_chat_templates_inputs inputs_of(const baigo_chat &chat, const baigo_chat_request &request) {
    const common_chat_templates *templates = chat.templates.get();
    common_chat_templates_inputs inputs;
    inputs.use_jinja = chat.uses_jinja;
    inputs.messages = common_chat_msgs_parse_oaicompat(common_json::parse(copy(request.messages)));
    inputs.json_schema = copy(request.schema);
    inputs.add_generation_prompt = true;
    inputs.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
    if (request.tools.length > 0) {
        add_tools(inputs, request);
    }
    if (chat.uses_jinja) {
        inputs.parallel_tool_calls = common_chat_templates_get_caps(templates)["supports_parallel_tool_calls"];
        inputs.chat_template_kwargs["preserve_reasoning"] = "true";
    }
    switch (request.reasoning) {
    case BAIGO_CHAT_REASONING_AUTO:
        inputs.enable_thinking = chat.uses_jinja && common_chat_templates_support_enable_thinking(templates);
        break;
    case BAIGO_CHAT_REASONING_ON:
        inputs.enable_thinking = true;
        inputs.chat_template_kwargs["enable_thinking"] = "true";
        break;
    case BAIGO_CHAT_REASONING_OFF:
        inputs.enable_thinking = false;
        inputs.chat_template_kwargs["enable_thinking"] = "false";
        break;
    }
    return inputs;
}

}  // namespace

baigo_chat_prompt *baigo_chat_render(const baigo_chat *chat, const baigo_chat_request *request,
                                     baigo_chat_error **error) {
    return guarded<baigo_chat_prompt *>(error, nullptr, [&] {
        auto prompt = std::make_unique<baigo_chat_prompt>();
        prompt->rendered = common_chat_templates_apply(chat->templates.get(), inputs_of(*chat, *request));
        prompt->reader = common_chat_parser_params(prompt->rendered);
        prompt->reader.reasoning_format = COMMON_REASONING_FORMAT_DEEPSEEK;
        prompt->reader.parse_tool_calls = request->tools.length > 0 && request->tool_choice != BAIGO_CHAT_TOOLS_NONE;
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
    return guarded<baigo_chat_answer *>(error, nullptr, [&] {
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

size_t baigo_chat_answer_call_count(const baigo_chat_answer *answer) { return answer->message.tool_calls.size(); }

baigo_text baigo_chat_answer_call_id(const baigo_chat_answer *answer, size_t index) {
    return view(answer->message.tool_calls.at(index).id);
}

baigo_text baigo_chat_answer_call_name(const baigo_chat_answer *answer, size_t index) {
    return view(answer->message.tool_calls.at(index).name);
}

baigo_text baigo_chat_answer_call_arguments(const baigo_chat_answer *answer, size_t index) {
    return view(answer->message.tool_calls.at(index).arguments);
}

baigo_text baigo_chat_error_message(const baigo_chat_error *error) { return view(error->message); }

void baigo_chat_error_free(baigo_chat_error *error) { delete error; }
