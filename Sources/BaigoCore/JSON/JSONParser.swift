// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not one strict JSON value.
package struct JSONError: Error, Sendable, Equatable {
    /// What a text breaks when it is no strict JSON.
    package enum Rule: Sendable, CaseIterable {
        /// One value of right syntax.
        case syntax
        /// Nothing behind the value.
        case trailing
        /// UTF-8, no lone surrogates, no control characters in strings.
        case text
        /// No key twice.
        case duplicateKey
        /// Nested no deeper than 64.
        case depth
        /// Integers of 64 bits, finite numbers.
        case number
        /// At most 524,288 values.
        case values
    }

    package let rule: Rule
    /// What is wrong, as a phrase: `duplicate key "name"`.
    package let reason: String
    /// Where, in bytes from the start.
    package let byteOffset: Int

    /// Makes an error.
    package init(_ rule: Rule = .syntax, reason: String, byteOffset: Int) {
        self.rule = rule
        self.reason = reason
        self.byteOffset = byteOffset
    }
}

extension JSONValue {
    /// Nesting that is read at the most, in arrays and objects.
    package static let maximumDepth = 64

    /// Values that are read at the most, those in arrays and objects counted: more than a list of 65,536 files needs.
    package static let maximumValues = 1 << 19

    /// Reads one UTF-8 value and nothing after it but white space.
    ///
    /// Refused: duplicate keys, NaN and infinities, integers beyond 64 bits, nesting deeper than 64, more than 524,288 values, lone surrogates,
    /// control characters in strings, a byte order mark, comments.
    ///
    /// - Throws: `JSONError` with reason and offset.
    ///
    /// Source: RFC 8259, with the restrictions of I-JSON (RFC 7493).
    package init(strict bytes: [UInt8]) throws(JSONError) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    var position = 0
    private var valueCount = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try self.value(depth: 0)
        skipBlanks()
        guard position == bytes.count else { throw fail(.trailing, "something follows the value") }
        return value
    }

    private func fail(_ rule: JSONError.Rule, _ reason: String) -> JSONError {
        JSONError(rule, reason: reason, byteOffset: position)
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ expected: UInt8) -> Bool {
        guard current == expected else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        skipBlanks()
        guard let first = current else { throw fail(.syntax, "the text ends early") }
        valueCount += 1
        guard valueCount <= JSONValue.maximumValues else {
            throw fail(.values, "more than \(JSONValue.maximumValues) values")
        }
        switch first {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            guard depth < JSONValue.maximumDepth else {
                throw fail(.depth, "nested deeper than \(JSONValue.maximumDepth)")
            }
            return first == UInt8(ascii: "{") ? try object(depth: depth + 1) : try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw fail(.syntax, "no value starts here")
        }
    }

    private mutating func literal(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw fail(.syntax, "no value starts here") }
        position += word.utf8.count
        return value
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value(depth: depth))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw fail(.syntax, "expected , or ] in an array") }
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
        position += 1
        var members: [String: JSONValue] = [:]
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipBlanks()
            guard current == UInt8(ascii: "\"") else { throw fail(.syntax, "expected a key") }
            let key = try string()
            guard members[key] == nil else { throw fail(.duplicateKey, "duplicate key \"\(key.excerptForOneLine)\"") }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw fail(.syntax, "expected : after a key") }
            members[key] = try value(depth: depth)
            skipBlanks()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw fail(.syntax, "expected , or } in an object") }
        }
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
        guard position > start else { throw fail(.syntax, "expected a digit") }
    }

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                throw fail(.syntax, "a number starts with 0")
            }
        } else {
            try digits()
        }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        let literal = String(decoding: bytes[start..<position], as: UTF8.self)
        guard isInteger else {
            guard let value = Double(literal), value.isFinite else { throw fail(.number, "number out of range") }
            return .decimal(literal)
        }
        guard let value = Int64(literal) else { throw fail(.number, "integer out of range") }
        return .integer(value)
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else {
                    throw fail(.text, "a string is not UTF-8")
                }
                return string
            case UInt8(ascii: "\\"): text += try escape()
            case 0..<0x20: throw fail(.text, "control character in a string")
            default: text.append(byte)
            }
        }
        throw fail(.syntax, "the text ends in a string")
    }

    private mutating func escape() throws(JSONError) -> [UInt8] {
        guard let byte = current else { throw fail(.syntax, "the text ends in a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(try unicodeEscape()).utf8)
        default: throw fail(.syntax, "unknown escape in a string")
        }
    }

    private mutating func unicodeEscape() throws(JSONError) -> Character {
        let first = try hexUnit()
        if let scalar = Unicode.Scalar(first) { return Character(scalar) }
        guard UTF16.isLeadSurrogate(UInt16(first)), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw fail(.text, "lone surrogate in a string")
        }
        let second = try hexUnit()
        guard UTF16.isTrailSurrogate(UInt16(second)),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw fail(.text, "lone surrogate in a string") }
        return Character(scalar)
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count,
            let unit = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
            bytes[position] != UInt8(ascii: "+"), bytes[position] != UInt8(ascii: "-")
        else { throw fail(.syntax, "\\u needs four hexadecimal digits") }
        position += 4
        return unit
    }
}
