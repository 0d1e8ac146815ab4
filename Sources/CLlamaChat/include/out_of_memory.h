// SPDX-License-Identifier: Apache-2.0
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/// Ends the process with a status of its own when an allocation fails in C++ code that cannot go on without it, in
/// place of the signal that other uncaught exceptions end it with.
void baigo_end_when_out_of_memory(int status);

#ifdef __cplusplus
}
#endif
