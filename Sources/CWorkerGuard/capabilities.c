// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "guard_parts.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// A worker that root started reads models of others, and locks memory when it is asked to.
static const __u32 kept = 1u << CAP_DAC_READ_SEARCH | 1u << CAP_IPC_LOCK;

bool guard_drop_capabilities(void) {
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    memset(sets, 0, sizeof sets);
    if (syscall(SYS_capget, &header, sets) != 0) {
        return false;
    }
    for (int capability = 0; capability <= 63; ++capability) {
        // Fails for numbers that the kernel does not know, and without the right to, when there is nothing to give up.
        (void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
    sets[0].effective &= kept;
    sets[0].permitted &= kept;
    sets[0].inheritable = 0;
    sets[1].effective = sets[1].permitted = sets[1].inheritable = 0;
    return syscall(SYS_capset, &header, sets) == 0;
}
