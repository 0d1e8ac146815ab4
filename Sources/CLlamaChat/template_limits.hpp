// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace baigo {

/// Says why a chat template is refused before it is parsed; empty when it is within the limits.
///
/// A template comes from a model file. Its parser and interpreter recurse as deep as it nests, so that size,
/// nesting of brackets and blocks, and length of one expression are bounded first.
std::string template_refusal(const std::string &source);

}  // namespace baigo
