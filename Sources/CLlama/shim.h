// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ggml-backend.h>
#include <ggml.h>
#include <gguf.h>
#include <llama.h>

// Swift sees one name for a C enumeration and a function that are called the same, and it is the enumeration's.
static inline enum llama_vocab_type baigo_vocab_type(const struct llama_vocab *vocabulary) {
    return llama_vocab_type(vocabulary);
}

static inline enum llama_pooling_type baigo_pooling_type(const struct llama_context *context) {
    return llama_pooling_type(context);
}

static inline enum ggml_backend_dev_type baigo_device_type(ggml_backend_dev_t device) {
    return ggml_backend_dev_type(device);
}
