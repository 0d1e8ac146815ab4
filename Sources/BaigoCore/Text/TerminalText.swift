// SPDX-License-Identifier: Apache-2.0

extension Unicode.Scalar {
    /// Whether the scalar could move, hide or reorder text where it is shown: C0 and C1 controls and
    /// bidirectional controls.
    package var isTerminalControl: Bool {
        switch value {
        case 0...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// Whether the scalar takes no room and so can make two texts look alike.
    ///
    /// Source: Unicode, the property Default_Ignorable_Code_Point, and the interlinear annotations.
    package var isZeroWidth: Bool {
        value >= 0x80 && (properties.isDefaultIgnorableCodePoint || 0xFFF9...0xFFFB ~= value)
    }
}

extension String {
    /// The text with every control character but LF and TAB replaced by `\u{…}`.
    ///
    /// For anything that came from a medium or a model and goes to a terminal, a report or a log.
    package var escapedForTerminal: String {
        if isPlain { return self }
        guard unicodeScalars.contains(where: { $0.isTerminalControl && $0 != "\n" && $0 != "\t" }) else { return self }
        var shown = ""
        for scalar in unicodeScalars {
            if scalar.isTerminalControl && scalar != "\n" && scalar != "\t" {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// Whether the text is printable ASCII on one line: that needs no care, and is most of what is shown.
    package var isPlain: Bool { utf8.allSatisfy { (0x20..<0x7F).contains($0) } }

    /// Whether the text comes before another in the order of their bytes.
    package func precedesBytewise(_ other: String) -> Bool {
        var (left, right) = (self, other)
        return left.withUTF8 { left in right.withUTF8 { left.lexicographicallyPrecedes($0) } }
    }

    /// The start of the text on one line: at most 256 characters, whatever the size of what was read.
    package var excerptForOneLine: String {
        let start = unicodeScalars.prefix(256)
        let shown = String(start).escapedForOneLine
        return start.endIndex == unicodeScalars.endIndex ? shown : shown + "…"
    }

    /// The text on one line: controls escaped, LF and TAB too.
    package var escapedForOneLine: String {
        if isPlain { return self }
        return escapedForTerminal.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\\n")
            .split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "\\t")
    }
}
