// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Columns of text, as wide as their widest cell.
struct TextTable {
    let header: [String]
    var rows: [[String]] = []

    init(_ header: String...) {
        self.init(header)
    }

    init(_ header: [String]) {
        self.header = header
    }

    /// Lines with an LF each, cells escaped for a terminal, no blanks at the end of a line.
    var text: String {
        let cells = ([header] + rows).map { $0.map(\.escapedForOneLine) }
        var widths = header.map { _ in 0 }
        let lengths = cells.map { row in row.map { $0.isPlain ? $0.utf8.count : $0.count } }
        for row in lengths {
            for (column, length) in row.enumerated() { widths[column] = max(widths[column], length) }
        }
        var bytes: [UInt8] = []
        for (row, lengths) in zip(cells, lengths) {
            for (column, cell) in row.enumerated() {
                bytes += cell.utf8
                bytes += repeatElement(UInt8(ascii: " "), count: widths[column] - lengths[column] + 2)
            }
            while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
            bytes.append(UInt8(ascii: "\n"))
        }
        return String(decoding: bytes, as: UTF8.self)
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
