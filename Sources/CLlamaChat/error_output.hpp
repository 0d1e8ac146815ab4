// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace baigo {

/// Catches what is written to standard error, for code that says there, and only there, why it failed.
///
/// No other thread may change descriptors meanwhile.
class ErrorOutput {
public:
    ErrorOutput();
    ~ErrorOutput();
    ErrorOutput(const ErrorOutput &) = delete;
    ErrorOutput &operator=(const ErrorOutput &) = delete;

    /// The rest of the first line that contains `mark`, from behind it, 200 bytes at the most; empty where none does.
    std::string line_after(const std::string &mark) const;

private:
    int file;
    int original;
};

}  // namespace baigo
