// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Small text files of the kernel.
enum TextFile {
    /// The lines of a file, without their ends; none when it cannot be read.
    static func lines(of path: String) -> [String] {
        guard let file = fopen(path, "re") else { return [] }
        defer { fclose(file) }
        var lines: [String] = []
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, file) > 0, let line {
            let text = String(cString: line)
            lines.append(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        }
        return lines
    }
}
