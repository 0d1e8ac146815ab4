// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "worker_guard.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// Frames may reach some way into the guard area, and beyond its border.
enum { MARGIN = 128 << 10, HANDLER_STACK = 64 << 10 };

static uintptr_t guard_start;
static uintptr_t guard_end;
static int overflow_status;

// Runs on a stack of its own and looks at nothing but the address. Every other wrong access happens again at once, with
// the default action, and ends the process by the signal.
static void judge(int number, siginfo_t *information, void *context) {
    (void)context;
    const uintptr_t address = (uintptr_t)information->si_addr;
    if (information->si_code > 0 && address >= guard_start && address < guard_end) {
        _exit(overflow_status);
    }
    signal(number, SIG_DFL);
    if (information->si_code <= 0) {
        // Sent by a process: there is no access that would happen again.
        raise(number);
    }
}

bool baigo_guard_watch_stack(int status) {
    pthread_attr_t attributes;
    void *lowest = NULL;
    size_t size = 0;
    size_t guard = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) {
        return false;
    }
    const bool known = pthread_attr_getstack(&attributes, &lowest, &size) == 0
        && pthread_attr_getguardsize(&attributes, &guard) == 0;
    pthread_attr_destroy(&attributes);
    void *memory = mmap(NULL, HANDLER_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!known || memory == MAP_FAILED) {
        return false;
    }
    // Whether the guard area counts as part of the stack is not the same everywhere.
    guard_start = (uintptr_t)lowest - guard - MARGIN;
    guard_end = (uintptr_t)lowest + guard + MARGIN;
    overflow_status = status;
    const stack_t stack = { .ss_sp = memory, .ss_size = HANDLER_STACK };
    struct sigaction action = { .sa_sigaction = judge, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    return sigaltstack(&stack, NULL) == 0 && sigaction(SIGSEGV, &action, NULL) == 0;
}
