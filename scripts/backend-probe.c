// SPDX-License-Identifier: Apache-2.0
// Proves one ggml backend: loads it and multiplies float and quantized matrices in every kind of buffer that the
// backend offers for weights, against plain arithmetic. An instruction that the machine advertises and then refuses
// kills this process, which is why it is one of its own.
//
// Usage: baigo-backend-probe BACKEND.so
// Exit status: 0 the backend works; 1 wrong result; 2 it could not be loaded or run; 3 it is not for this machine;
// 64 usage. The last line on standard output says why.

#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml.h"

// Widths that every kernel accepts: whole superblocks of 256 values, whole AMX tiles of 32 rows.
enum { COLUMNS = 512, ROWS = 64, MAX_BATCH = 33, THREADS = 2 };
enum { WORKS = 0, WRONG = 1, BROKEN = 2, NOT_FOR_THIS_MACHINE = 3, USAGE = 64 };

// The bound that ggml's own backend tests set for matrix products.
static const double max_normalized_error = 5e-4;

// The most used first.
static const enum ggml_type types[] = {
    GGML_TYPE_F32,  GGML_TYPE_F16,  GGML_TYPE_Q8_0, GGML_TYPE_Q4_0, GGML_TYPE_Q4_K, GGML_TYPE_Q6_K,
    GGML_TYPE_Q5_K, GGML_TYPE_BF16, GGML_TYPE_Q4_1, GGML_TYPE_Q5_0, GGML_TYPE_Q5_1, GGML_TYPE_Q2_K,
    GGML_TYPE_Q3_K, GGML_TYPE_IQ4_NL, GGML_TYPE_IQ4_XS, GGML_TYPE_MXFP4,
};
static const int batches[] = { 1, MAX_BATCH, 8 };

// After this no further product is begun on a card: drivers that compute on the processor translate for many seconds.
static const double card_seconds = 30;

static float weights[ROWS * COLUMNS], inputs[MAX_BATCH * COLUMNS], outputs[MAX_BATCH * ROWS];
static int products;

static void fill(float * values, size_t count, uint32_t seed) {
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (float) (seed >> 8) / (1 << 23) - 1.0f;
    }
}

static double normalized_error(const float * stored, int batch) {
    double difference = 0, magnitude = 0;
    for (int b = 0; b < batch; b++) {
        for (int row = 0; row < ROWS; row++) {
            double sum = 0;
            for (int i = 0; i < COLUMNS; i++) {
                sum += (double) stored[row * COLUMNS + i] * inputs[b * COLUMNS + i];
            }
            double delta = outputs[b * ROWS + row] - sum;
            difference += delta * delta;
            magnitude += sum * sum;
        }
    }
    return difference / magnitude;
}

// The weights as the backend sees them: quantized into packed, and the values that these stand for in stored.
static void quantize(enum ggml_type type, void * packed, float * stored) {
    const struct ggml_type_traits * traits = ggml_get_type_traits(type);
    ggml_quantize_chunk(type, weights, packed, 0, ROWS, COLUMNS, NULL);
    for (int row = 0; row < ROWS; row++) {
        const char * source = (const char *) packed + row * ggml_row_size(type, COLUMNS);
        if (type == GGML_TYPE_F32) {
            for (int i = 0; i < COLUMNS; i++) {
                stored[row * COLUMNS + i] = ((const float *) source)[i];
            }
        } else {
            traits->to_float(source, stored + row * COLUMNS, COLUMNS);
        }
    }
}

// Multiplies once with the weights in memory of the given kind. A product that the backend does not offer is skipped.
static int multiply(ggml_backend_t backend, ggml_backend_buffer_type_t kind, enum ggml_type type, int batch) {
    static char packed[ROWS * COLUMNS * sizeof(float)];
    static float stored[ROWS * COLUMNS];
    ggml_backend_dev_t device = ggml_backend_get_device(backend);
    struct ggml_init_params parameters = { .mem_size = 1 << 20, .mem_buffer = NULL, .no_alloc = true };
    struct ggml_context * fixed = ggml_init(parameters);
    struct ggml_context * moving = ggml_init(parameters);
    struct ggml_tensor * matrix = ggml_new_tensor_2d(fixed, type, COLUMNS, ROWS);
    int result = BROKEN;

    ggml_backend_buffer_t memory = ggml_backend_buft_alloc_buffer(kind, ggml_backend_buft_get_alloc_size(kind, matrix));
    ggml_backend_buffer_t scratch = NULL;
    if (memory == NULL) {
        printf("no memory of kind %s\n", ggml_backend_buft_name(kind));
        goto end;
    }
    ggml_backend_buffer_set_usage(memory, GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
    ggml_backend_tensor_alloc(memory, matrix, ggml_backend_buffer_get_base(memory));

    struct ggml_tensor * vectors = ggml_new_tensor_2d(moving, GGML_TYPE_F32, COLUMNS, batch);
    struct ggml_tensor * product = ggml_mul_mat(moving, matrix, vectors);
    if (!ggml_backend_dev_supports_op(device, product)) {
        result = WORKS;
        goto end;
    }
    scratch = ggml_backend_alloc_ctx_tensors(moving, backend);
    if (scratch == NULL) {
        printf("no memory for a product\n");
        goto end;
    }
    quantize(type, packed, stored);
    ggml_backend_tensor_set(matrix, packed, 0, ggml_nbytes(matrix));
    ggml_backend_tensor_set(vectors, inputs, 0, ggml_nbytes(vectors));
    struct ggml_cgraph * graph = ggml_new_graph(moving);
    ggml_build_forward_expand(graph, product);
    if (ggml_backend_graph_compute(backend, graph) != GGML_STATUS_SUCCESS) {
        printf("a product of %s in %s failed\n", ggml_type_name(type), ggml_backend_buft_name(kind));
        goto end;
    }
    ggml_backend_tensor_get(product, outputs, 0, ggml_nbytes(product));
    double error = normalized_error(stored, batch);
    result = error <= max_normalized_error ? WORKS : WRONG;
    if (result == WRONG) {
        printf("wrong product of %s in %s: error %g\n", ggml_type_name(type), ggml_backend_buft_name(kind), error);
    }
    products++;
end:
    ggml_backend_buffer_free(scratch);
    ggml_backend_buffer_free(memory);
    ggml_free(moving);
    ggml_free(fixed);
    return result;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}

static int multiply_all(ggml_backend_t backend, ggml_backend_buffer_type_t kind) {
    const bool is_card = ggml_backend_dev_type(ggml_backend_get_device(backend)) != GGML_BACKEND_DEVICE_TYPE_CPU;
    const double end = seconds() + card_seconds;
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
            int result = multiply(backend, kind, types[t], batches[b]);
            if (result != WORKS) {
                return result;
            }
            if (is_card && seconds() > end) {
                return WORKS;
            }
        }
    }
    return WORKS;
}

static int prove_device(ggml_backend_dev_t device) {
    ggml_backend_reg_t library = ggml_backend_dev_backend_reg(device);
    ggml_backend_t backend = ggml_backend_dev_init(device, NULL);
    if (backend == NULL) {
        printf("device %s could not be opened\n", ggml_backend_dev_name(device));
        return BROKEN;
    }
    ggml_backend_set_n_threads_t set_threads =
        (ggml_backend_set_n_threads_t) ggml_backend_reg_get_proc_address(library, "ggml_backend_set_n_threads");
    if (set_threads != NULL) {
        set_threads(backend, THREADS);
    }
    int result = multiply_all(backend, ggml_backend_dev_buffer_type(device));

    ggml_backend_dev_get_extra_bufts_t list_kinds = (ggml_backend_dev_get_extra_bufts_t)
        ggml_backend_reg_get_proc_address(library, "ggml_backend_dev_get_extra_bufts");
    ggml_backend_buffer_type_t * kinds = list_kinds != NULL ? list_kinds(device) : NULL;
    for (; result == WORKS && kinds != NULL && *kinds != NULL; kinds++) {
        result = multiply_all(backend, *kinds);
    }
    ggml_backend_free(backend);
    return result;
}

static void discard_log(enum ggml_log_level level, const char * text, void * data) {
    (void) level, (void) text, (void) data;
}

// Libraries that come with a driver: a machine that only builds has none of them.
static bool needs_a_driver(const char * reason) {
    static const char * const libraries[] = { "libcuda.so.1:", "libvulkan.so.1:" };
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        if (strncmp(reason, libraries[i], strlen(libraries[i])) == 0) {
            return true;
        }
    }
    return false;
}

int main(int count, char ** arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: baigo-backend-probe BACKEND.so\n");
        return USAGE;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    ggml_log_set(discard_log, NULL);

    void * library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char * reason = dlerror();
        printf("%s\n", reason);
        return needs_a_driver(reason) ? NOT_FOR_THIS_MACHINE : BROKEN;
    }
    int (*score)(void) = (int (*)(void)) dlsym(library, "ggml_backend_score");
    if (score != NULL && score() == 0) {
        printf("needs instructions or hardware that this machine does not have\n");
        return NOT_FOR_THIS_MACHINE;
    }
    ggml_backend_reg_t registry = ggml_backend_load(arguments[1]);
    if (registry == NULL) {
        printf("not a backend of ggml %s\n", ggml_version());
        return BROKEN;
    }
    size_t devices = ggml_backend_reg_dev_count(registry);
    if (devices == 0) {
        printf("no device on this machine\n");
        return NOT_FOR_THIS_MACHINE;
    }
    fill(weights, sizeof weights / sizeof *weights, 1);
    fill(inputs, sizeof inputs / sizeof *inputs, 2);
    for (size_t i = 0; i < devices; i++) {
        int result = prove_device(ggml_backend_reg_dev_get(registry, i));
        if (result != WORKS) {
            return result;
        }
    }
    if (products == 0) {
        printf("no matrix product was offered\n");
        return BROKEN;
    }
    printf("%d products right\n", products);
    return WORKS;
}
