// SPDX-License-Identifier: Apache-2.0

/// The files that are mapped into this process, libraries among them.
///
/// Source: Linux, Documentation/filesystems/proc.rst, section 1.1.
enum MappedFiles {
    /// The path of the file that an address belongs to, with links resolved.
    static func file(at address: UnsafeRawPointer) -> String? {
        let wanted = UInt(bitPattern: address)
        for line in TextFile.lines(of: "/proc/self/maps") {
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            let bounds = (fields.first ?? "").split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard fields.count == 6, bounds.count == 2, (bounds[0]..<bounds[1]).contains(wanted) else { continue }
            let path = fields[5].drop { $0 == " " }
            return path.hasPrefix("/") ? String(path) : nil
        }
        return nil
    }
}
