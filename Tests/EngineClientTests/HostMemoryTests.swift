// SPDX-License-Identifier: Apache-2.0

import EngineClient
import Foundation
import SystemPackage
import TestSupport
import Testing

struct HostMemoryTests {
    private static let available = "MemTotal: 8000000 kB\nMemFree: 10 kB\nMemAvailable:    4000000 kB\n"

    private func available(_ files: [String: String]) throws -> UInt64? {
        let root = try TemporaryFolder()
        for (name, text) in files {
            let url = URL(fileURLWithPath: root.path.string + "/" + name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        return HostMemory(root: root.path).availableBytes
    }

    @Test func theKernelSaysWhatIsAvailable() throws {
        #expect(try available(["proc/meminfo": Self.available]) == 4_096_000_000)
        #expect(try available([:]) == nil)
        #expect(try available(["proc/meminfo": "MemAvailable: many kB\n"]) == nil)
        #expect(HostMemory().availableBytes ?? 0 > 1 << 20)
    }

    @Test func aControlGroupOrOneAboveItLeavesLess() throws {
        var files = [
            "proc/meminfo": Self.available, "proc/self/cgroup": "0::/user/job\n",
            "sys/fs/cgroup/user/memory.max": "3000000000\n", "sys/fs/cgroup/user/memory.current": "2500000000\n",
            "sys/fs/cgroup/user/memory.stat": "anon 900000000\ninactive_file 1000000000\nactive_file 500000000\n",
            "sys/fs/cgroup/user/job/memory.max": "max\n", "sys/fs/cgroup/user/job/memory.current": "5\n",
        ]
        #expect(try available(files) == 2_000_000_000)
        files["sys/fs/cgroup/user/job/memory.max"] = "1000\n"
        #expect(try available(files) == 995)
        files["sys/fs/cgroup/user/job/memory.current"] = "2000\n"
        #expect(try available(files) == 0)
    }

    @Test func theOlderKindOfControlGroupCountsToo() throws {
        let files = [
            "proc/meminfo": Self.available, "proc/self/cgroup": "4:cpu:/x\n3:memory,freezer:/box\nnonsense\n",
            "sys/fs/cgroup/memory/box/memory.limit_in_bytes": "2000000000\n",
            "sys/fs/cgroup/memory/box/memory.usage_in_bytes": "600000000\n",
            "sys/fs/cgroup/memory/box/memory.stat": "cache 1\ntotal_inactive_file 100000000\n",
        ]
        #expect(try available(files) == 1_500_000_000)
    }
}
