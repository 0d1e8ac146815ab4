// SPDX-License-Identifier: Apache-2.0
#include "template_limits.hpp"

#include <cctype>
#include <cstddef>

namespace {

constexpr size_t max_bytes = 1 << 20;
constexpr size_t max_tag_bytes = 64 << 10;
constexpr int max_nesting = 128;

/// One pass over the tags `{{ }}`, `{% %}` and `{# #}` of a template.
class Scanner {
public:
    explicit Scanner(const std::string &source) : source(source) {}

    std::string refusal() {
        size_t position = 0;
        while ((position = source.find('{', position)) != std::string::npos && position + 1 < source.size()) {
            const char kind = source[position + 1];
            if (kind == '#') {
                const size_t end = source.find("#}", position + 2);
                if (end == std::string::npos) {
                    break;
                }
                position = end + 2;
            } else if (kind == '{' || kind == '%') {
                position = scan_tag(position + 2, kind == '{' ? '}' : '%', kind == '%');
                if (!reason.empty()) {
                    return reason;
                }
            } else {
                position += 1;
            }
        }
        return reason;
    }

private:
    const std::string &source;
    std::string reason;
    int blocks = 0;

    size_t scan_tag(size_t start, char closer, bool statement) {
        int brackets = 0;
        size_t position = start;
        if (statement) {
            count_block(start);
        }
        while (position < source.size() && reason.empty()) {
            const char character = source[position];
            if (position - start > max_tag_bytes) {
                reason = "one of its expressions is longer than 64 KiB";
            } else if (character == '"' || character == '\'') {
                position = end_of_string(position);
                continue;
            } else if (character == closer && brackets <= 0 && position + 1 < source.size() && source[position + 1] == '}') {
                return position + 2;
            } else if (character == '(' || character == '[' || character == '{') {
                if (++brackets > max_nesting) {
                    reason = "its brackets nest more than 128 deep";
                }
            } else if (character == ')' || character == ']' || character == '}') {
                --brackets;
            }
            position += 1;
        }
        return position;
    }

    size_t end_of_string(size_t position) const {
        const char quote = source[position];
        for (position += 1; position < source.size(); ++position) {
            if (source[position] == '\\') {
                position += 1;
            } else if (source[position] == quote) {
                return position + 1;
            }
        }
        return position;
    }

    void count_block(size_t position) {
        while (position < source.size() && (source[position] == '-' || source[position] == '+' || std::isspace((unsigned char) source[position]))) {
            position += 1;
        }
        size_t end = position;
        while (end < source.size() && std::isalpha((unsigned char) source[end])) {
            end += 1;
        }
        const std::string keyword = source.substr(position, end - position);
        if (keyword == "if" || keyword == "for" || keyword == "macro" || keyword == "call" || keyword == "filter") {
            if (++blocks > max_nesting) {
                reason = "its blocks nest more than 128 deep";
            }
        } else if (keyword.rfind("end", 0) == 0 && blocks > 0) {
            --blocks;
        }
    }
};

}  // namespace

std::string baigo::template_refusal(const std::string &source) {
    if (source.size() > max_bytes) {
        return "it is larger than 1 MiB";
    }
    return Scanner(source).refusal();
}
