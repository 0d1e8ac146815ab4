// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

/// Protections that a worker process puts on itself, one bit each.
enum baigo_guard {
    /// The kernel kills the worker when the thread that started it ends.
    BAIGO_GUARD_PARENT_DEATH = 1 << 0,
    /// Nothing that the worker executes gains privileges.
    BAIGO_GUARD_NO_NEW_PRIVILEGES = 1 << 1,
    /// No core file with the contents of prompts is written.
    BAIGO_GUARD_NO_CORE_FILE = 1 << 2,
    /// A system call filter refuses every socket but local ones, and io_uring.
    BAIGO_GUARD_SOCKET_FILTER = 1 << 3,
    /// A network namespace of its own, without any interface; tried where the filter cannot be had.
    BAIGO_GUARD_NETWORK_NAMESPACE = 1 << 4,
    /// Every descriptor above standard error is closed.
    BAIGO_GUARD_DESCRIPTORS_CLOSED = 1 << 5,
};

/// Applies what the kernel lets through. Call it first, while the process has one thread.
///
/// Returns the protections in force.
unsigned baigo_guard_apply(void);
