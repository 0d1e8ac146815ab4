// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "llama_chat.h"

#include <chat.h>

#include <exception>
#include <string>

struct baigo_chat_error {
    std::string message;
};

struct baigo_chat_prompt {
    common_chat_params rendered;
    common_chat_parser_params reader;
};

namespace baigo {

inline baigo_text view(const std::string &text) { return { text.c_str(), text.size() }; }

inline std::string copy(baigo_text text) { return std::string(text.bytes, text.length); }

inline void report(baigo_chat_error **error, const char *message) noexcept {
    if (error == nullptr) {
        return;
    }
    try {
        *error = new baigo_chat_error{ message };
    } catch (...) {
        *error = nullptr;
    }
}

/// Runs what may throw; nothing leaves but a result or an error with `failed` as the result.
template <typename Result, typename Work>
Result guarded(baigo_chat_error **error, Result failed, Work work) noexcept {
    try {
        return work();
    } catch (const std::exception &failure) {
        report(error, failure.what());
    } catch (...) {
        report(error, "unknown failure in llama.cpp");
    }
    return failed;
}

}  // namespace baigo
