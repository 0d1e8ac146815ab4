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
        let cells = ([header] + rows).joined().map(Cell.init)
        var widths = header.map { _ in 0 }
        for (index, cell) in cells.enumerated() {
            widths[index % widths.count] = max(widths[index % widths.count], cell.width)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity((rows.count + 1) * (widths.reduce(0, +) + 2 * widths.count))
        for (index, cell) in cells.enumerated() {
            bytes += cell.text.utf8
            bytes += repeatElement(UInt8(ascii: " "), count: widths[index % widths.count] - cell.width + 2)
            guard (index + 1) % widths.count == 0 else { continue }
            while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
            bytes.append(UInt8(ascii: "\n"))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private struct Cell {
        let text: String
        /// Characters.
        let width: Int

        init(_ text: String) {
            self.text = text.escapedForOneLine
            width = text.isPlain ? text.utf8.count : self.text.count
        }
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
