// SPDX-License-Identifier: Apache-2.0
// Linux system calls and constants that the Glibc module of Swift leaves out, since it is built without _GNU_SOURCE.
#pragma once
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static inline int linux_rename_new(int from, const char *name, int to, const char *new_name) {
    return (int)syscall(SYS_renameat2, from, name, to, new_name, RENAME_NOREPLACE);
}

static inline int linux_rename_exchange(int from, const char *name, int to, const char *new_name) {
    return (int)syscall(SYS_renameat2, from, name, to, new_name, RENAME_EXCHANGE);
}

static inline int linux_allocate(int file, int keeps_size, long long offset, long long count) {
    return (int)syscall(SYS_fallocate, file, keeps_size ? FALLOC_FL_KEEP_SIZE : 0, offset, count);
}

static inline int linux_clone_range(int to, long long to_offset, int from, long long from_offset, long long count) {
    struct file_clone_range range = {from, (unsigned long long)from_offset, (unsigned long long)count,
                                     (unsigned long long)to_offset};
    return ioctl(to, FICLONERANGE, &range);
}

// flags: 1 wait before, 2 write, 4 wait after, as in <linux/fs.h>, sync_file_range(2).
static inline int linux_sync_range(int file, long long offset, long long count, unsigned flags) {
#if defined(SYS_sync_file_range)
    return (int)syscall(SYS_sync_file_range, file, offset, count, flags);
#else
    return (int)syscall(SYS_sync_file_range2, file, flags, offset, count);
#endif
}

// Processors that this thread may run on, or -1; sched_getaffinity(2).
static inline int linux_usable_processors(void) {
    unsigned long masks[1024 / sizeof(unsigned long)];
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof(masks), masks);
    int count = 0;
    for (unsigned i = 0; i * sizeof(masks[0]) < (unsigned long)(bytes > 0 ? bytes : 0); i++) {
        count += __builtin_popcountl(masks[i]);
    }
    return bytes > 0 ? count : -1;
}

static inline long linux_file_system_type(int file) {
    struct statfs info;
    return fstatfs(file, &info) == 0 ? (long)info.f_type : -1;
}

// Octal constants of <bits/fcntl-linux.h> for x86-64 and arm64.
#if defined(__aarch64__) || defined(__arm__)
enum { LINUX_O_DIRECT = 0200000, LINUX_O_TMPFILE = 020000000 | 040000 };
#else
enum { LINUX_O_DIRECT = 040000, LINUX_O_TMPFILE = 020000000 | 0200000 };
#endif
