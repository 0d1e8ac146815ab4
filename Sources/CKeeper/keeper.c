// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Both children are forks of a process with threads: until they execute or end, they call only what signal-safety(7)
// lists, and system calls.

static void reset_signals(void) {
    for (int number = 1; number < NSIG; ++number) {
        signal(number, SIG_DFL);
    }
}

static void close_all(void) {
    if (syscall(SYS_close_range, 0u, ~0u, 0u) != 0) {
        for (int number = 0; number < 1024; ++number) {
            close(number);
        }
    }
}

static void be_program(
    const char *path, char *const *arguments, char *const *environment, int output, int report, pid_t keeper) {
    // Out of the way of the numbers that are given out below.
    const int out = fcntl(output, F_DUPFD_CLOEXEC, 3);
    const int failure = fcntl(report, F_DUPFD_CLOEXEC, 3);
    const int null = open("/dev/null", O_RDONLY);
    sigset_t none;
    sigemptyset(&none);
    if (out >= 0 && failure >= 0 && null >= 0 && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 &&
        getppid() == keeper && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(out, STDERR_FILENO) >= 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0) {
        syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
        execve(path, arguments, environment);
    }
    const int reason = errno;
    ssize_t written;
    do {
        written = write(failure, &reason, sizeof reason);
    } while (written < 0 && errno == EINTR);
    _exit(127);
}

// Ends all processes that descend from this one, also those that have left its group.
static void end_descendants(void) {
    // What lost its parent becomes a child of this process, so that each round finds what the one before set free.
    for (;;) {
        char text[4096];
        const int file = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
        const ssize_t count = file < 0 ? 0 : read(file, text, sizeof text);
        close(file);
        long number = 0;
        int found = 0;
        for (ssize_t place = 0; place < count; ++place) {
            if (text[place] >= '0' && text[place] <= '9') {
                number = number * 10 + (text[place] - '0');
            } else if (number > 0) {
                kill((pid_t)number, SIGKILL);
                found = 1;
                number = 0;
            }
        }
        if (!found || waitpid(-1, NULL, 0) < 0) {
            return;
        }
    }
}

// Ends this process as the program ended.
static void end_like(int status) {
    if (WIFEXITED(status)) {
        _exit(WEXITSTATUS(status));
    }
    const int number = WTERMSIG(status);
    const struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, number);
    kill(getpid(), number);
    sigprocmask(SIG_UNBLOCK, &wanted, NULL);
    _exit(128 + number);
}

static void be_keeper(
    const char *path, char *const *arguments, char *const *environment, int output, int report, pid_t client) {
    const pid_t keeper = getpid();
    reset_signals();
    setsid();
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0 || getppid() != client) {
        _exit(127);
    }
    const pid_t program = fork();
    if (program == 0) {
        be_program(path, arguments, environment, output, report, keeper);
    }
    if (program < 0) {
        const int reason = errno;
        if (write(report, &reason, sizeof reason) < 0) {
            _exit(126);
        }
        _exit(127);
    }
    // What the client has open, its lock and its pipes among them, is not held open here.
    close_all();
    sigset_t awaited;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGTERM);
    for (;;) {
        const int number = sigwaitinfo(&awaited, NULL);
        if (number == SIGTERM) {
            end_descendants();
            kill(0, SIGKILL);
            _exit(127);
        }
        int status = 0;
        for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
            if (ended == program) {
                end_like(status);
            }
        }
    }
}

pid_t baigo_keep(const char *path, char *const *arguments, char *const *environment, int output) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return -1;
    }
    // No signal is to reach the keeper before it waits for them.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t client = getpid();
    const pid_t keeper = fork();
    if (keeper == 0) {
        be_keeper(path, arguments, environment, output, ends[1], client);
    }
    int reason = keeper < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (keeper > 0) {
        // The other end is closed when the program is executed.
        ssize_t count;
        do {
            count = read(ends[0], &reason, sizeof reason);
        } while (count < 0 && errno == EINTR);
        if (count == (ssize_t)sizeof reason) {
            while (waitpid(keeper, NULL, 0) < 0 && errno == EINTR) {
            }
        } else {
            reason = 0;
        }
    }
    close(ends[0]);
    errno = reason;
    return reason == 0 ? keeper : -1;
}
