// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct llama_model;

/// A text with its length in bytes; it may contain NUL and is followed by one.
struct baigo_text {
    const char *bytes;
    size_t length;
};

/// Whether a model that can think does so before it answers.
enum baigo_chat_reasoning {
    /// As the template has it.
    BAIGO_CHAT_REASONING_AUTO,
    BAIGO_CHAT_REASONING_ON,
    BAIGO_CHAT_REASONING_OFF,
};

/// Whether an answer calls tools.
enum baigo_chat_tool_choice {
    /// The model decides.
    BAIGO_CHAT_TOOLS_AUTO,
    BAIGO_CHAT_TOOLS_REQUIRED,
    BAIGO_CHAT_TOOLS_NONE,
};

/// A conversation that is to be rendered; texts are UTF-8.
struct baigo_chat_request {
    /// The messages: a JSON array in the form of OpenAI's API.
    struct baigo_text messages;
    /// The tools in the same form; empty for none.
    struct baigo_text tools;
    /// The JSON Schema that the answer has to follow; empty for none.
    struct baigo_text schema;
    enum baigo_chat_tool_choice tool_choice;
    enum baigo_chat_reasoning reasoning;
};

/// The chat template of a model, compiled.
struct baigo_chat;

/// A conversation as the template renders it, and how its answer is to be read.
struct baigo_chat_prompt;

/// An answer taken apart.
struct baigo_chat_answer;

/// Why a call of this library failed: one sentence, owned by the caller.
struct baigo_chat_error;

/// Where a chat template comes from.
enum baigo_chat_source {
    /// The model, or ChatML where it has none.
    BAIGO_CHAT_OF_MODEL,
    /// A text that is given.
    BAIGO_CHAT_GIVEN,
    /// llama.cpp itself, by the name that is given.
    BAIGO_CHAT_BUILT_IN,
};

/// Compiles a template. `text` is empty unless `source` asks for one. The model must outlive the result.
///
/// Needs a stack of many megabytes: the depth of the recursion is up to the template.
/// Returns NULL and sets `error` on failure.
struct baigo_chat *baigo_chat_create(const struct llama_model *model, enum baigo_chat_source source,
                                     struct baigo_text text, struct baigo_chat_error **error);
void baigo_chat_free(struct baigo_chat *chat);

/// Whether the model brought the template.
bool baigo_chat_has_template(const struct baigo_chat *chat);

/// Renders a conversation with the start of an answer at its end, as llama-server does.
///
/// Returns NULL and sets `error` on failure.
struct baigo_chat_prompt *baigo_chat_render(const struct baigo_chat *chat, const struct baigo_chat_request *request,
                                            struct baigo_chat_error **error);
void baigo_chat_prompt_free(struct baigo_chat_prompt *prompt);

/// The rendered text; lives as long as the prompt.
struct baigo_text baigo_chat_prompt_text(const struct baigo_chat_prompt *prompt);
/// Texts that end an answer beside the end tokens of the vocabulary.
size_t baigo_chat_prompt_stop_count(const struct baigo_chat_prompt *prompt);
struct baigo_text baigo_chat_prompt_stop(const struct baigo_chat_prompt *prompt, size_t index);
/// Special tokens that the answer's reader needs to see as text.
size_t baigo_chat_prompt_kept_token_count(const struct baigo_chat_prompt *prompt);
struct baigo_text baigo_chat_prompt_kept_token(const struct baigo_chat_prompt *prompt, size_t index);
/// Whether answers must be taken apart by `baigo_chat_answer_parse`; otherwise all text is content.
bool baigo_chat_prompt_has_parser(const struct baigo_chat_prompt *prompt);

/// Takes apart what the model wrote so far.
///
/// Returns NULL and sets `error` on failure.
struct baigo_chat_answer *baigo_chat_answer_parse(const struct baigo_chat_prompt *prompt, struct baigo_text written,
                                                  bool partial, struct baigo_chat_error **error);
void baigo_chat_answer_free(struct baigo_chat_answer *answer);
struct baigo_text baigo_chat_answer_content(const struct baigo_chat_answer *answer);
struct baigo_text baigo_chat_answer_reasoning(const struct baigo_chat_answer *answer);
/// Tools that the answer calls.
size_t baigo_chat_answer_call_count(const struct baigo_chat_answer *answer);
struct baigo_text baigo_chat_answer_call_id(const struct baigo_chat_answer *answer, size_t index);
struct baigo_text baigo_chat_answer_call_name(const struct baigo_chat_answer *answer, size_t index);
/// JSON as the model wrote it.
struct baigo_text baigo_chat_answer_call_arguments(const struct baigo_chat_answer *answer, size_t index);

struct baigo_text baigo_chat_error_message(const struct baigo_chat_error *error);
void baigo_chat_error_free(struct baigo_chat_error *error);

#ifdef __cplusplus
}
#endif
