// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

/// Starts a program under a keeper: a process that waits for it, and ends it with everything it started when the
/// thread that called this ends, however that ends. Signals that are sent to this process reach neither.
///
/// The program has `/dev/null` as standard input, `output` as standard output and error, no other descriptor, default
/// actions for all signals, and is in the keeper's session and group.
///
/// Returns the number of the keeper, which ends as the program does, by the same status or signal; or -1 with `errno`
/// where the program could not be started.
pid_t baigo_keep(const char *path, char *const *arguments, char *const *environment, int output);
