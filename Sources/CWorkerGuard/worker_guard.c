// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "worker_guard.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef NATIVE_ARCHITECTURE
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
#define RETURN(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EACCES)

// Local sockets and netlink stay allowed: drivers of graphics cards use them. The low word of the domain is what
// the kernel looks at. io_uring could open sockets without the socket call.
static bool install_socket_filter(void) {
    struct sock_filter program[] = {
        LOAD(arch),
        SKIP_UNLESS(NATIVE_ARCHITECTURE, 1),
        BPF_STMT(BPF_JMP | BPF_JA, 1),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr),
#if defined(__x86_64__)
        // The x32 calls have numbers of their own for the same things.
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
        REFUSE,
#endif
        SKIP_UNLESS(__NR_io_uring_setup, 1),
        REFUSE,
        SKIP_UNLESS(__NR_socket, 4),
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 1, 0),
        REFUSE,
        RETURN(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { sizeof program / sizeof program[0], program };
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}
#else
static bool install_socket_filter(void) { return false; }
#endif

// The Swift runtime answers crashes with a program that walks the memory of the process. A worker that a model drove
// into a crash is to end at once, by the signal.
static void restore_crash_signals(void) {
    const int signals[] = { SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV };
    for (size_t index = 0; index < sizeof signals / sizeof signals[0]; ++index) {
        signal(signals[index], SIG_DFL);
    }
}

unsigned baigo_guard_apply(void) {
    unsigned applied = 0;
    restore_crash_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0) {
        applied |= BAIGO_GUARD_PARENT_DEATH;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
        applied |= BAIGO_GUARD_NO_NEW_PRIVILEGES;
    }
    struct rlimit none = { 0, 0 };
    if (setrlimit(RLIMIT_CORE, &none) == 0) {
        applied |= BAIGO_GUARD_NO_CORE_FILE;
    }
    if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0) {
        applied |= BAIGO_GUARD_DESCRIPTORS_CLOSED;
    }
    if (install_socket_filter()) {
        applied |= BAIGO_GUARD_SOCKET_FILTER;
    } else if (unshare(CLONE_NEWNET) == 0) {
        applied |= BAIGO_GUARD_NETWORK_NAMESPACE;
    }
    return applied;
}
