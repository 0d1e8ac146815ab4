// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// Refuses system calls that a worker has no use for, sockets too unless it `uses_cards`.
bool guard_filter_system_calls(bool uses_cards);

/// Gives up capabilities. False where some are left.
bool guard_drop_capabilities(void);

/// Refuses to write and to run programs.
///
/// `uses_cards` leaves devices of graphics cards writable. Sets `no_way_out` where the kernel can also refuse TCP,
/// signals and abstract sockets that lead out.
bool guard_refuse_writing(bool uses_cards, bool *no_way_out);
