// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Bounds what a piece of work may allocate.
enum MemoryLimit {
    /// Runs work that may not allocate more than so many bytes on top of what the process has.
    ///
    /// Beyond that, allocations fail, which C++ reports as an exception.
    ///
    /// The limit is the process's: it is for work during which no other thread allocates much.
    static func withAtMost<Result>(_ bytes: UInt64, _ work: () -> Result) -> Result {
        var before = rlimit()
        guard let used = dataBytes, getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &before) == 0 else {
            return work()
        }
        var limited = before
        limited.rlim_cur = min(before.rlim_cur, rlim_t(used + bytes))
        setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limited)
        defer { setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &before) }
        return work()
    }

    /// Runs a call of the engine, and finds out whether an allocation of this thread failed in it.
    ///
    /// The C library leaves `ENOMEM` behind, which releasing memory does not change; malloc(3), free(3).
    ///
    /// - Returns: The result, and whether memory ran out. That means something only where the result is a failure.
    static func watch<Result>(_ work: () -> Result) -> (result: Result, ranOut: Bool) {
        errno = 0
        let result = work()
        return (result, errno == ENOMEM)
    }

    /// Bytes of private writable memory, which is what the limit counts.
    ///
    /// Source: Linux, Documentation/filesystems/proc.rst, table 1-2; setrlimit(2), RLIMIT_DATA.
    private static var dataBytes: UInt64? {
        let line = TextFile.lines(of: "/proc/self/status").first { $0.hasPrefix("VmData:") }
        let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
        return kibibytes.flatMap { UInt64($0) }.map { $0 * 1024 }
    }
}
