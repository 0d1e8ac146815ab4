// SPDX-License-Identifier: Apache-2.0

/// The type of a metadata value in a GGUF file; raw values are those of the file.
///
/// Source: GGUF specification, `gguf_metadata_value_type`.
package enum GGUFValueType: UInt32, Sendable, CaseIterable {
    case uint8 = 0
    case int8 = 1
    case uint16 = 2
    case int16 = 3
    case uint32 = 4
    case int32 = 5
    case float32 = 6
    case bool = 7
    case string = 8
    case array = 9
    case uint64 = 10
    case int64 = 11
    case float64 = 12

    /// Bytes of one value; `nil` for strings and arrays, whose size is in the file.
    package var byteCount: Int? {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        case .string, .array: nil
        }
    }

    /// The name that the specification uses: `uint32`, `string`.
    package var name: String { "\(self)" }
}

/// One metadata value of a GGUF file, as far as it is kept in memory.
package enum GGUFValue: Sendable, Equatable {
    case unsigned(UInt64)
    case signed(Int64)
    case float32(Float)
    case float64(Double)
    case bool(Bool)
    /// Bytes that are not UTF-8 appear as U+FFFD.
    case string(String)
    /// A string too long to be kept: its length in bytes.
    case longString(byteCount: Int64)
    case array([GGUFValue])
    /// An array too long to be kept: what it holds and how many.
    case longArray(of: GGUFValueType, count: Int64)

    /// The value as an integer, where it is one that fits.
    package var integer: Int64? {
        switch self {
        case .unsigned(let number): Int64(exactly: number)
        case .signed(let number): number
        case .float32, .float64, .bool, .string, .longString, .array, .longArray: nil
        }
    }

    /// The text of a string that was kept.
    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }
}
