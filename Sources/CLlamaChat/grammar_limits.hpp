// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace baigo {

/// Says why a grammar is refused before it is parsed; empty when it is within the limits.
///
/// llama.cpp's parser recurses as deep as groups nest, and its matcher as deep as rules refer to each other, so that
/// size, nesting and number of rules are bounded first.
std::string grammar_refusal(const std::string &source);

}  // namespace baigo
