// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// How often the kernel has ended a process because memory ran out, of the machine or of a control group.
///
/// Source: Linux, `oom_kill` in /proc/vmstat (since 4.13).
enum MemoryKills {
    /// The number since the machine started; 0 where the kernel does not tell it.
    static var count: Int {
        // A file of the kernel that cannot be read is one that does not tell.
        guard let file = try? OwnedDescriptor.open(reading: FilePath("/proc/vmstat")),
            let bytes = try? file.bytes(at: 0, count: 1 << 16)
        else { return 0 }
        return number(in: String(decoding: bytes, as: UTF8.self))
    }

    /// Finds the number in the file's text.
    static func number(in text: String) -> Int {
        for line in text.split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return Int(line.dropFirst("oom_kill ".count)) ?? 0
        }
        return 0
    }
}
