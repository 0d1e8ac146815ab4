// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "llama_chat.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a model and its context would take of one memory, in bytes.
struct baigo_memory_use {
    /// The device as the engine calls it; empty for the memory of the host.
    char device[64];
    /// What is free there; for the host as ggml sees it.
    uint64_t free;
    uint64_t weights;
    uint64_t context;
    uint64_t computing;
};

/// Finds out what a load would take, without allocating it.
///
/// `model_parameters` is a `struct llama_model_params`, `context_parameters` a `struct llama_context_params`.
/// `uses` takes up to `capacity` entries, the host's last. `trained_tokens` is set to the context length that the model
/// was trained with. Returns how many entries there are; 0 with `error` set on failure.
size_t baigo_fit_measure(const char *path, const void *model_parameters, const void *context_parameters,
                         struct baigo_memory_use *uses, size_t capacity, uint32_t *trained_tokens,
                         struct baigo_chat_error **error);

/// Chooses which layers go to which device, so that what is there fits.
///
/// Changes `model_parameters`, which then points to `split` (`llama_max_devices` numbers) and `overrides`
/// (`llama_max_tensor_buft_overrides` of them). Leaves a gibibyte free on each device, as llama.cpp's tools do.
/// Returns whether a way was found.
bool baigo_fit_layers(const char *path, void *model_parameters, void *context_parameters, float *split,
                      void *overrides);

#ifdef __cplusplus
}
#endif
