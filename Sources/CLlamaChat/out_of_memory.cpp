// SPDX-License-Identifier: Apache-2.0
#include "out_of_memory.h"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <new>

namespace {

int chosen_status = EXIT_FAILURE;
std::terminate_handler others = nullptr;

[[noreturn]] void end() {
    if (const std::exception_ptr failure = std::current_exception()) {
        try {
            std::rethrow_exception(failure);
        } catch (const std::bad_alloc &) {
            _exit(chosen_status);
        } catch (...) {
        }
    }
    if (others != nullptr) {
        others();
    }
    std::abort();
}

}  // namespace

void baigo_end_when_out_of_memory(int status) {
    chosen_status = status;
    others = std::set_terminate(end);
}
