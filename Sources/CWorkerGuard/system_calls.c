// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "guard_parts.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

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
#define REFUSE_CALL(name) SKIP_UNLESS(__NR_##name, 1), REFUSE

bool guard_filter_system_calls(bool uses_cards) {
    // Drivers of graphics cards use local sockets and netlink. There is no domain of the other number.
    const __u32 local = uses_cards ? AF_UNIX : ~0u;
    const __u32 netlink = uses_cards ? AF_NETLINK : ~0u;
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
        // io_uring could open sockets and files without their calls.
        REFUSE_CALL(io_uring_setup),
        REFUSE_CALL(execve),
        REFUSE_CALL(execveat),
        REFUSE_CALL(ptrace),
        REFUSE_CALL(process_vm_readv),
        REFUSE_CALL(process_vm_writev),
        REFUSE_CALL(pidfd_getfd),
        REFUSE_CALL(open_by_handle_at),
        REFUSE_CALL(bpf),
        REFUSE_CALL(mount),
        REFUSE_CALL(move_mount),
        REFUSE_CALL(open_tree),
        REFUSE_CALL(setns),
        REFUSE_CALL(unshare),
        REFUSE_CALL(keyctl),
        REFUSE_CALL(add_key),
        REFUSE_CALL(request_key),
        // The kernel looks at the domain's low word.
        SKIP_UNLESS(__NR_socket, 4),
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, local, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, netlink, 1, 0),
        REFUSE,
        RETURN(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { sizeof program / sizeof program[0], program };
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}
#else
bool guard_filter_system_calls(bool uses_cards) {
    (void)uses_cards;
    return false;
}
#endif
