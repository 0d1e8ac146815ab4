// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import SystemPackage

/// How much memory of this host a new process may take.
///
/// Sources: proc_meminfo(5), cgroups(7), Linux, Documentation/admin-guide/cgroup-v2.rst.
package struct HostMemory: Sendable {
    private let root: FilePath

    /// Makes a reader.
    ///
    /// - Parameter root: Where `proc` and `sys` are.
    package init(root: FilePath = "/") {
        self.root = root
    }

    /// Bytes that can be had without pushing anything out that is in use: what the kernel calls available, or what
    /// the control groups of this process leave, page cache not counted; `nil` where the system does not tell.
    package var availableBytes: UInt64? {
        ([available].compactMap(\.self) + groups.compactMap(left)).min()
    }

    private var available: UInt64? {
        let line = text("proc/meminfo")?.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { UInt64($0) }
        return kibibytes.map { $0.multipliedReportingOverflow(by: 1024) }.flatMap {
            $0.overflow ? nil : $0.partialValue
        }
    }

    /// A control group, and what its files are called.
    private struct Group {
        let folder: String
        let limit: String
        let used: String
        let caches: [String]
    }

    /// The groups that this process is in, with those they are in.
    private var groups: [Group] {
        let lines = text("proc/self/cgroup")?.split(separator: "\n") ?? []
        return lines.flatMap { line -> [Group] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            if fields[0] == "0", fields[1].isEmpty {
                return folders(fields[2], under: "sys/fs/cgroup").map {
                    Group(
                        folder: $0, limit: "memory.max", used: "memory.current",
                        caches: ["inactive_file", "active_file"])
                }
            }
            guard fields[1].split(separator: ",").contains("memory") else { return [] }
            return folders(fields[2], under: "sys/fs/cgroup/memory").map {
                Group(
                    folder: $0, limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes",
                    caches: ["total_inactive_file", "total_active_file"])
            }
        }
    }

    private func folders(_ path: Substring, under top: String) -> [String] {
        var folders = [top]
        for part in path.split(separator: "/") where part != ".." {
            folders.append(folders[folders.count - 1] + "/\(part)")
        }
        return folders
    }

    private func left(in group: Group) -> UInt64? {
        guard let limit = number(group.folder + "/" + group.limit), let used = number(group.folder + "/" + group.used)
        else { return nil }
        let lines = text(group.folder + "/memory.stat")?.split(separator: "\n") ?? []
        let cached = lines.reduce(UInt64(0)) { sum, line in
            let words = line.split(separator: " ")
            guard words.count == 2, group.caches.contains(String(words[0])) else { return sum }
            return sum &+ (UInt64(words[1]) ?? 0)
        }
        let held = used > cached ? used - cached : 0
        return limit > held ? limit - held : 0
    }

    private func number(_ name: String) -> UInt64? {
        text(name).flatMap { UInt64($0.split(whereSeparator: \.isWhitespace).first ?? "") }
    }

    private func text(_ name: String) -> String? {
        do {
            let file = try OwnedDescriptor.open(reading: root.appending(name))
            return String(decoding: try file.bytes(at: 0, count: 1 << 16), as: UTF8.self)
        } catch {
            return nil
        }
    }
}
