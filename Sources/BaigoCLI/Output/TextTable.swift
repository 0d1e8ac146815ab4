// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Columns of text, as wide as their widest cell.
struct TextTable {
    let header: [String]
    var rows: [[String]] = []

    init(_ header: String...) {
        self.header = header
    }

    /// Lines with an LF each, cells escaped for a terminal, no blanks at the end of a line.
    var text: String {
        let cells = ([header] + rows).map { $0.map(\.escapedForOneLine) }
        let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            let padded = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var line = padded.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}

/// Lines of `label: value`, values in one column; values that are missing are left out.
struct TextCard {
    private var lines: [(label: String, value: String)] = []

    /// Adds a line, where there is a value.
    mutating func add(_ label: String, _ value: String?) {
        if let value, !value.isEmpty { lines.append((label, value)) }
    }

    /// Lines with an LF each, values escaped for a terminal.
    var text: String {
        let width = lines.map(\.label.count).max() ?? 0
        return lines.map { line in
            "\(line.label):\(String(repeating: " ", count: width - line.label.count)) \(line.value.escapedForOneLine)\n"
        }.joined()
    }
}
