// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// UTF-8 with keys in code point order, two-space indent, `/` unescaped and one LF at the end.
    package var prettyBytes: [UInt8] {
        var out = JSONWriter(indented: true)
        out.write(self, level: 0)
        out.bytes.append(UInt8(ascii: "\n"))
        return out.bytes
    }

    /// UTF-8 on one line, keys in code point order, without an LF.
    package var compactBytes: [UInt8] {
        var out = JSONWriter(indented: false)
        out.write(self, level: 0)
        return out.bytes
    }
}

private struct JSONWriter {
    let indented: Bool
    var bytes: [UInt8] = []

    init(indented: Bool) {
        self.indented = indented
    }

    mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let truth): bytes += (truth ? "true" : "false").utf8
        case .integer(let number): bytes += String(number).utf8
        case .decimal(let literal): bytes += literal.utf8
        case .string(let text): write(text)
        case .array(let elements):
            list(elements, "[", "]", level: level) { out, element in out.write(element, level: level + 1) }
        case .object(let members):
            let ordered = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            list(ordered, "{", "}", level: level) { out, member in
                out.write(member.key)
                out.bytes += (out.indented ? ": " : ":").utf8
                out.write(member.value, level: level + 1)
            }
        }
    }

    private mutating func list<Element>(
        _ elements: [Element], _ open: String, _ close: String, level: Int,
        _ body: (inout JSONWriter, Element) -> Void
    ) {
        bytes += open.utf8
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes += ",".utf8 }
            newline(level: level + 1)
            body(&self, element)
        }
        if !elements.isEmpty { newline(level: level) }
        bytes += close.utf8
    }

    private mutating func newline(level: Int) {
        guard indented else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes += repeatElement(UInt8(ascii: " "), count: level * 2)
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += "\\\"".utf8
            case UInt8(ascii: "\\"): bytes += "\\\\".utf8
            case 0x0A: bytes += "\\n".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0x09: bytes += "\\t".utf8
            case 0..<0x20, 0x7F: bytes += "\\u00\([byte].lowercaseHex)".utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
