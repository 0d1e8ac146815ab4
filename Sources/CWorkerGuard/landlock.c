// SPDX-License-Identifier: Apache-2.0
// Source: Linux, Documentation/userspace-api/landlock.rst. The constants of newer kernels are written out, because the
// headers of the host that builds may be older than the kernel that runs.
#define _GNU_SOURCE
#include "guard_parts.h"
#include "worker_guard.h"

#include <dirent.h>
#include <fcntl.h>
#include <link.h>
#include <linux/types.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    MAKE_SYM = 1 << 12,
    REFER = 1 << 13,
    TRUNCATE = 1 << 14,
    IOCTL_DEV = 1 << 15,
    BIND_AND_CONNECT_TCP = 3,
    ABSTRACT_SOCKETS_AND_SIGNALS = 3,
    CREATE_VERSION = 1,
    RULE_PATH_BENEATH = 1,
    CALL_CREATE_RULESET = 444,
    CALL_ADD_RULE = 445,
    CALL_RESTRICT_SELF = 446,
};

struct ruleset {
    __u64 files;
    __u64 network;
    __u64 scopes;
};

struct path_rule {
    __u64 allowed;
    __s32 parent;
} __attribute__((packed));

static long version(void) { return syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_VERSION); }

static int new_ruleset(const struct ruleset *wanted) {
    const long known = version();
    // A kernel refuses a structure that is longer than its own, unless the rest is zero.
    return known < 1 ? -1 : (int)syscall(CALL_CREATE_RULESET, wanted, sizeof *wanted, 0);
}

/// Allows rights below a path, or on a file; a path that is not there needs no rule.
static bool allow(int rules, const char *path, __u64 rights) {
    const int parent = open(path, O_PATH | O_CLOEXEC);
    struct stat status;
    if (parent < 0) {
        return false;
    }
    bool done = false;
    if (fstat(parent, &status) == 0) {
        if (!S_ISDIR(status.st_mode)) {
            rights &= EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;
        }
        const struct path_rule rule = { rights, parent };
        done = syscall(CALL_ADD_RULE, rules, RULE_PATH_BENEATH, &rule, 0) == 0;
    }
    close(parent);
    return done;
}

static void allow_all(int rules, const char *const *paths, size_t count, __u64 rights) {
    for (size_t index = 0; index < count; ++index) {
        (void)allow(rules, paths[index], rights);
    }
}

/// Devices of graphics cards, which are worked with by writing and ioctl.
static void allow_cards(int rules, __u64 rights) {
    static const char *const names[] = { "/dev/dri", "/dev/kfd", "/dev/accel", "/dev/dxg" };
    allow_all(rules, names, sizeof names / sizeof names[0], rights);
    DIR *devices = opendir("/dev");
    if (devices == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(devices)) != NULL;) {
        if (strncmp(entry->d_name, "nvidia", 6) == 0) {
            char path[sizeof entry->d_name + 8] = "/dev/";
            strcat(path, entry->d_name);
            (void)allow(rules, path, rights);
        }
    }
    closedir(devices);
}

static bool enter(int rules) {
    const bool entered = syscall(CALL_RESTRICT_SELF, rules, 0) == 0;
    close(rules);
    return entered;
}

bool guard_refuse_writing(bool uses_cards, bool *no_way_out) {
    const long known = version();
    struct ruleset wanted = { EXECUTE | WRITE_FILE, 0, 0 };
    for (__u64 right = READ_DIR << 1; right <= MAKE_SYM; right <<= 1) {
        wanted.files |= right;
    }
    if (known >= 2) wanted.files |= REFER;
    if (known >= 3) wanted.files |= TRUNCATE;
    if (known >= 4) wanted.network = BIND_AND_CONNECT_TCP;
    if (known >= 5) wanted.files |= IOCTL_DEV;
    if (known >= 6) wanted.scopes = ABSTRACT_SOCKETS_AND_SIGNALS;
    const int rules = new_ruleset(&wanted);
    if (rules < 0) {
        return false;
    }
    const __u64 rights = wanted.files & (WRITE_FILE | TRUNCATE | IOCTL_DEV);
    (void)allow(rules, "/dev/null", rights);
    if (uses_cards) allow_cards(rules, rights);
    const bool entered = enter(rules);
    *no_way_out = entered && known >= 6;
    return entered;
}

static int allow_library(struct dl_phdr_info *library, size_t size, void *context) {
    (void)size;
    const char *slash = strrchr(library->dlpi_name, '/');
    char folder[4096];
    if (library->dlpi_name[0] != '/' || (size_t)(slash - library->dlpi_name) >= sizeof folder) {
        return 0;
    }
    memcpy(folder, library->dlpi_name, (size_t)(slash - library->dlpi_name));
    folder[slash - library->dlpi_name] = 0;
    if (folder[0] != 0) {
        (void)allow(*(int *)context, folder, READ_FILE | READ_DIR);
    }
    return 0;
}

bool baigo_guard_confine_reading(bool uses_cards, const char *const *files, size_t count) {
    static const char *const system[] = {
        // What libraries are loaded from, and the files that say where they are.
        "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache",
        // Processors, memory, this process, and the time that a chat template may ask for.
        "/sys/devices", "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/sys/kernel", "/proc/sys/vm",
        "/etc/localtime", "/usr/share/zoneinfo", "/dev/null", "/dev/urandom", "/dev/random",
        "/dev/zero",
    };
    // Graphics drivers, what they are found by, and what they look up.
    static const char *const drivers[] = {
        "/usr/local/cuda", "/usr/local/nvidia", "/usr/share/nvidia", "/opt/rocm", "/opt/amdgpu", "/usr/share/libdrm",
        "/usr/share/vulkan", "/etc/vulkan", "/usr/share/glvnd", "/etc/glvnd", "/usr/share/drirc.d", "/etc/OpenCL",
        "/proc/driver", "/proc/devices", "/sys/bus", "/sys/class", "/sys/dev", "/sys/module",
    };
    // Stays open: as long as the folder is in use, its rule holds.
    static int own_process = -1;
    if (own_process < 0) {
        own_process = open("/proc/self", O_PATH | O_CLOEXEC);
    }
    const struct ruleset wanted = { READ_FILE | READ_DIR, 0, 0 };
    const int rules = new_ruleset(&wanted);
    if (rules < 0) {
        return false;
    }
    allow_all(rules, system, sizeof system / sizeof system[0], READ_FILE | READ_DIR);
    dl_iterate_phdr(allow_library, (void *)&rules);
    if (uses_cards) {
        allow_all(rules, drivers, sizeof drivers / sizeof drivers[0], READ_FILE | READ_DIR);
        allow_cards(rules, READ_FILE | READ_DIR);
    }
    allow_all(rules, files, count, READ_FILE);
    return enter(rules);
}
