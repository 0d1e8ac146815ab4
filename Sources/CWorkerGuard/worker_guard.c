// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "worker_guard.h"

#include "guard_parts.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

// The Swift runtime answers crashes with a program that walks the memory of the process. A worker that a model drove
// into a crash is to end at once, by the signal.
static void restore_crash_signals(void) {
    const int signals[] = { SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV };
    for (size_t index = 0; index < sizeof signals / sizeof signals[0]; ++index) {
        signal(signals[index], SIG_DFL);
    }
}

static bool be_ended_first(void) {
    const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    const bool written = write(file, "1000", 4) == 4;
    close(file);
    return written;
}

bool baigo_guard_limit_memory(unsigned long long bytes) {
    struct rlimit now;
    if (getrlimit(RLIMIT_DATA, &now) != 0) {
        return false;
    }
    const struct rlimit wanted = {
        .rlim_cur = bytes < now.rlim_cur ? bytes : now.rlim_cur, .rlim_max = bytes < now.rlim_max ? bytes : now.rlim_max
    };
    return setrlimit(RLIMIT_DATA, &wanted) == 0;
}

static bool limit_memory_to_machine(void) {
    struct sysinfo machine;
    if (sysinfo(&machine) != 0) {
        return false;
    }
    return baigo_guard_limit_memory(
        ((unsigned long long)machine.totalram + machine.totalswap) * machine.mem_unit);
}

size_t baigo_guard_thread_count(void) {
    DIR *tasks = opendir("/proc/self/task");
    size_t count = 0;
    if (tasks == NULL) {
        return 0;
    }
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(tasks);
    return count;
}

unsigned baigo_guard_apply(bool uses_cards) {
    unsigned applied = 0;
    restore_crash_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0) applied |= BAIGO_GUARD_PARENT_DEATH;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) applied |= BAIGO_GUARD_NO_NEW_PRIVILEGES;
    const struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_CORE, &none) == 0) applied |= BAIGO_GUARD_NO_CORE_FILE;
    if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0) applied |= BAIGO_GUARD_DESCRIPTORS_CLOSED;
    if (be_ended_first()) applied |= BAIGO_GUARD_ENDED_FIRST;
    if (limit_memory_to_machine()) applied |= BAIGO_GUARD_MEMORY_LIMIT;
    bool no_way_out = false;
    if (guard_refuse_writing(uses_cards, &no_way_out)) applied |= BAIGO_GUARD_NOTHING_WRITABLE;
    if (no_way_out) applied |= BAIGO_GUARD_NO_WAY_OUT;
    if (guard_filter_system_calls(uses_cards)) {
        applied |= BAIGO_GUARD_SYSTEM_CALL_FILTER;
    } else if (unshare(CLONE_NEWNET) == 0) {
        applied |= BAIGO_GUARD_NETWORK_NAMESPACE;
    }
    if (guard_drop_capabilities()) applied |= BAIGO_GUARD_FEW_CAPABILITIES;
    return applied;
}
