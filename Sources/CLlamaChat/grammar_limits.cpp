// SPDX-License-Identifier: Apache-2.0
#include "grammar_limits.hpp"

#include <cstddef>

namespace {

constexpr size_t max_bytes = 1 << 20;
constexpr int max_nesting = 128;
constexpr int max_rules = 10000;

/// The place after a literal or a class of characters that starts at `position`.
size_t end_of_quoted(const std::string &source, size_t position) {
    const char closer = source[position] == '"' ? '"' : ']';
    for (position += 1; position < source.size(); ++position) {
        if (source[position] == '\\') {
            position += 1;
        } else if (source[position] == closer) {
            return position + 1;
        }
    }
    return source.size();
}

}  // namespace

std::string baigo::grammar_refusal(const std::string &source) {
    if (source.size() > max_bytes) {
        return "it is larger than 1 MiB";
    }
    if (source.find('\0') != std::string::npos) {
        return "it contains a zero byte";
    }
    int nesting = 0;
    int rules = 0;
    size_t position = 0;
    while (position < source.size()) {
        const char character = source[position];
        if (character == '"' || character == '[') {
            position = end_of_quoted(source, position);
            continue;
        }
        if (character == '#') {
            position = source.find('\n', position);
            if (position == std::string::npos) {
                break;
            }
        } else if (character == '(' && ++nesting > max_nesting) {
            return "its groups nest more than 128 deep";
        } else if (character == ')') {
            --nesting;
        } else if (source.compare(position, 3, "::=") == 0 && ++rules > max_rules) {
            return "it has more than 10000 rules";
        }
        position += 1;
    }
    return "";
}
