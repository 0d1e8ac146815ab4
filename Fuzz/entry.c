// SPDX-License-Identifier: Apache-2.0
// What libFuzzer calls; FUZZ_ENTRY is the function of one target.
#include <stddef.h>
#include <stdint.h>

int FUZZ_ENTRY(const uint8_t *bytes, size_t count);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) { return FUZZ_ENTRY(bytes, count); }
