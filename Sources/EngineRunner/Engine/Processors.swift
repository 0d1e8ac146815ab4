// SPDX-License-Identifier: Apache-2.0

/// The processors that this process may use.
enum Processors {
    /// Number of physical cores among them; at least 1.
    ///
    /// Source: Linux, Documentation/admin-guide/cputopology.rst and Documentation/filesystems/proc.rst.
    static var physicalCores: Int {
        let allowed = allowedProcessors
        let cores = Set(allowed.compactMap(siblings(of:)))
        return max(1, cores.isEmpty ? allowed.count : cores.count)
    }

    private static var allowedProcessors: [Int] {
        let line = TextFile.lines(of: "/proc/self/status").first { $0.hasPrefix("Cpus_allowed_list:") }
        let list = line.map { $0.dropFirst("Cpus_allowed_list:".count).filter { !$0.isWhitespace } } ?? "0"
        return list.split(separator: ",").flatMap { range -> [Int] in
            let bounds = range.split(separator: "-").compactMap { Int($0) }
            guard let first = bounds.first, let last = bounds.last, first >= 0, first <= last, last < 1 << 16 else {
                return []
            }
            return Array(first...last)
        }
    }

    /// The processors that share a core with one, as the kernel writes them; `nil` where it does not say.
    private static func siblings(of processor: Int) -> String? {
        TextFile.lines(of: "/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list").first
    }
}
