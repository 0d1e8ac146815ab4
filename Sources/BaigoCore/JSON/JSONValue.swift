// SPDX-License-Identifier: Apache-2.0

/// A JSON value as it was read: integers exact, other numbers by their literal, objects without duplicate keys.
///
/// Source: RFC 8259.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number without fraction or exponent, from -2^63 to 2^63 - 1.
    case integer(Int64)
    /// Any other number, as the literal that was read.
    case decimal(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// The text, if the value is one.
    package var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The number, if the value is an integer.
    package var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
    /// The truth value, if the value is one.
    package var bool: Bool? { if case .bool(let truth) = self { truth } else { nil } }
    /// The elements, if the value is an array.
    package var array: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    /// The members, if the value is an object.
    package var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }

    /// The member of that key, `nil` where there is none or the value is no object.
    package subscript(key: String) -> JSONValue? { object?[key] }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(nilLiteral: ()) { self = .null }

    /// Builds an object; the last of several equal keys wins.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
    }

    /// The text, or null where there is none.
    package static func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }

    /// The number, or null where there is none.
    package static func number(_ value: (some BinaryInteger)?) -> JSONValue {
        value.map { .integer(Int64(clamping: $0)) } ?? .null
    }

    /// A finite number with three decimals, or null.
    package static func rounded(_ value: Double?) -> JSONValue {
        guard let value, value.isFinite else { return .null }
        return .decimal(String((value * 1000).rounded() / 1000))
    }
}
