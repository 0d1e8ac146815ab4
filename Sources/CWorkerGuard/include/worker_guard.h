// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// Protections that a worker process puts on itself, one bit each.
enum baigo_guard {
    /// The kernel kills the worker when the thread that started it ends.
    BAIGO_GUARD_PARENT_DEATH = 1 << 0,
    /// Nothing that the worker executes gains privileges.
    BAIGO_GUARD_NO_NEW_PRIVILEGES = 1 << 1,
    /// No core file with the contents of prompts is written.
    BAIGO_GUARD_NO_CORE_FILE = 1 << 2,
    /// A system call filter refuses sockets but local ones for graphics drivers, io_uring, new programs, and reaching
    /// into other processes.
    BAIGO_GUARD_SYSTEM_CALL_FILTER = 1 << 3,
    /// A network namespace of its own, without any interface; tried where the filter cannot be had.
    BAIGO_GUARD_NETWORK_NAMESPACE = 1 << 4,
    /// Every descriptor above standard error is closed.
    BAIGO_GUARD_DESCRIPTORS_CLOSED = 1 << 5,
    /// No capability but to read any file and to lock memory.
    BAIGO_GUARD_FEW_CAPABILITIES = 1 << 6,
    /// Landlock refuses to write to, make or remove anything but devices of graphics cards in use, and to run
    /// programs.
    BAIGO_GUARD_NOTHING_WRITABLE = 1 << 7,
    /// Landlock refuses TCP, and signals and local sockets that lead out.
    BAIGO_GUARD_NO_WAY_OUT = 1 << 8,
    /// When memory runs out, the kernel ends the worker before other processes.
    BAIGO_GUARD_ENDED_FIRST = 1 << 9,
    /// Private memory is limited to what the machine has.
    BAIGO_GUARD_MEMORY_LIMIT = 1 << 10,
};

/// Applies what the kernel lets through. Call it first, while the process has one thread.
///
/// Devices of graphics cards can be opened, and local sockets made, only where `uses_cards` says so. Returns the
/// protections in force.
unsigned baigo_guard_apply(bool uses_cards);

/// Lets the calling thread, and every thread that it starts, read nothing but the named files, the folders of the
/// libraries that are loaded, and what the system's libraries need; graphics drivers too where `uses_cards` says so.
///
/// A file that is not there now cannot be read later either. Returns whether that is in force.
bool baigo_guard_confine_reading(bool uses_cards, const char *const *files, size_t count);

/// Lowers the limit of private memory.
///
/// Returns whether it is in force.
bool baigo_guard_limit_memory(unsigned long long bytes);

/// Makes an overflow of the calling thread's stack end the process with a status of its own, in place of the signal
/// that other wrong accesses end it with.
///
/// Returns whether that is in force.
bool baigo_guard_watch_stack(int status);

/// Number of threads of this process; 0 where the kernel does not say.
size_t baigo_guard_thread_count(void);
