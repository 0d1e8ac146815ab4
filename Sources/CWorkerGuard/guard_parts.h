// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// Refuses system calls that a worker has no use for.
bool guard_filter_system_calls(void);

/// Gives up capabilities. False where some are left.
bool guard_drop_capabilities(void);

/// Refuses to write and to run programs.
///
/// Sets `no_way_out` where the kernel can also refuse TCP, signals and abstract sockets that lead out.
bool guard_refuse_writing(bool *no_way_out);
