// SPDX-License-Identifier: Apache-2.0
#include "llama_fit.h"

#include "guarded.hpp"

#include <fit.h>

#include <cstring>
#include <stdexcept>
#include <vector>

using baigo::guarded;

namespace {

constexpr size_t margin_bytes = 1024u * 1024 * 1024;

baigo_memory_use use(const common_device_memory_data &data, const char *device) {
    baigo_memory_use use = {};
    std::strncpy(use.device, device, sizeof(use.device) - 1);
    use.free = data.free > 0 ? static_cast<uint64_t>(data.free) : 0;
    use.weights = data.model;
    use.context = data.context;
    use.computing = data.compute;
    return use;
}

}  // namespace

size_t baigo_fit_measure(const char *path, const void *model_parameters, const void *context_parameters,
                         baigo_memory_use *uses, size_t capacity, uint32_t *trained_tokens,
                         baigo_chat_error **error) {
    return guarded(error, size_t(0), [&] {
        std::vector<ggml_backend_dev_t> devices;
        uint32_t layers = 0;
        uint32_t experts = 0;
        const auto data = common_get_device_memory_data(
            path, static_cast<const llama_model_params *>(model_parameters),
            static_cast<const llama_context_params *>(context_parameters), devices, layers, *trained_tokens, experts,
            GGML_LOG_LEVEL_ERROR);
        if (data.size() != devices.size() + 1 || data.size() > capacity) {
            throw std::runtime_error("more devices than expected");
        }
        for (size_t i = 0; i < devices.size(); i++) {
            uses[i] = use(data[i], ggml_backend_dev_name(devices[i]));
        }
        uses[devices.size()] = use(data.back(), "");
        return data.size();
    });
}

bool baigo_fit_layers(const char *path, void *model_parameters, void *context_parameters, float *split,
                      void *overrides) {
    return guarded(nullptr, false, [&] {
        std::vector<size_t> margins(llama_max_devices(), margin_bytes);
        auto *context = static_cast<llama_context_params *>(context_parameters);
        return common_fit_params(path, static_cast<llama_model_params *>(model_parameters), context, split,
                                 static_cast<llama_model_tensor_buft_override *>(overrides), margins.data(),
                                 context->n_ctx, nullptr, GGML_LOG_LEVEL_ERROR) == COMMON_PARAMS_FIT_STATUS_SUCCESS;
    });
}
