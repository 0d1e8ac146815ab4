// SPDX-License-Identifier: Apache-2.0

/// Reads the metadata of a GGUF header.
struct GGUFMetadataReader {
    private(set) var values: [String: GGUFValue] = [:]
    private(set) var keys: [String] = []
    private var keptBytes: Int64 = 0
    private var arrayStrings: Int64 = 0

    /// Reads `count` keys with their values.
    mutating func read(_ count: Int, from scanner: inout GGUFScanner) throws {
        for index in 0..<count {
            let start = scanner.offset
            let key = try readKey(index, from: &scanner)
            let value = try readValue(of: key, from: &scanner)
            guard values.updateValue(value, forKey: key) == nil else {
                throw scanner.failure(.duplicateKey, "the key appears twice", in: key, at: start)
            }
            keys.append(key)
        }
    }

    private func readKey(_ index: Int, from scanner: inout GGUFScanner) throws -> String {
        let field = "key \(index + 1)"
        let start = scanner.offset
        let length = try scanner.stringLength(upTo: GGUFHeader.Limit.keyBytes, field)
        let bytes = try scanner.bytes(Int(length), field)
        guard !bytes.isEmpty, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw scanner.failure(.key, "a key that is empty or not printable ASCII", in: field, at: start)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func readType(of key: String, from scanner: inout GGUFScanner) throws -> GGUFValueType {
        let start = scanner.offset
        let number = try scanner.integer(UInt32.self, key)
        guard let type = GGUFValueType(rawValue: number) else {
            throw scanner.failure(.valueType, "value type \(number) does not exist", in: key, at: start)
        }
        return type
    }

    private mutating func readValue(of key: String, from scanner: inout GGUFScanner) throws -> GGUFValue {
        let start = scanner.offset
        let type = try readType(of: key, from: &scanner)
        if key == "general.alignment", type != .uint32 {
            throw scanner.failure(.alignment, "the alignment is a \(type.name), not a uint32", in: key, at: start)
        }
        switch type {
        case .string: return try readString(key, upTo: GGUFHeader.Limit.keptStringBytes, from: &scanner)
        case .array: return try readArray(key, from: &scanner)
        case .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64, .float32, .float64, .bool:
            return try readScalar(type, key, from: &scanner)
        }
    }

    private func readScalar(_ type: GGUFValueType, _ key: String, from scanner: inout GGUFScanner) throws -> GGUFValue {
        switch type {
        case .uint8: return .unsigned(UInt64(try scanner.integer(UInt8.self, key)))
        case .uint16: return .unsigned(UInt64(try scanner.integer(UInt16.self, key)))
        case .uint32: return .unsigned(UInt64(try scanner.integer(UInt32.self, key)))
        case .uint64: return .unsigned(try scanner.integer(UInt64.self, key))
        case .int8: return .signed(Int64(try scanner.integer(Int8.self, key)))
        case .int16: return .signed(Int64(try scanner.integer(Int16.self, key)))
        case .int32: return .signed(Int64(try scanner.integer(Int32.self, key)))
        case .int64: return .signed(try scanner.integer(Int64.self, key))
        case .float32: return .float32(Float(bitPattern: try scanner.integer(UInt32.self, key)))
        case .float64: return .float64(Double(bitPattern: try scanner.integer(UInt64.self, key)))
        case .bool:
            let start = scanner.offset
            let byte = try scanner.integer(UInt8.self, key)
            guard byte <= 1 else { throw scanner.failure(.boolean, "a boolean of \(byte)", in: key, at: start) }
            return .bool(byte == 1)
        case .string, .array: preconditionFailure("strings and arrays are no scalars")
        }
    }

    private mutating func readString(
        _ key: String, upTo longestKept: Int64, from scanner: inout GGUFScanner
    ) throws -> GGUFValue {
        let length = try scanner.stringLength(upTo: GGUFHeader.Limit.stringBytes, key)
        guard length <= longestKept, keptBytes + length <= GGUFHeader.Limit.keptBytes else {
            try scanner.skip(length, key)
            return .longString(byteCount: length)
        }
        keptBytes += length
        return .string(String(decoding: try scanner.bytes(Int(length), key), as: UTF8.self))
    }

    private mutating func readArray(_ key: String, from scanner: inout GGUFScanner) throws -> GGUFValue {
        let start = scanner.offset
        let type = try readType(of: key, from: &scanner)
        guard type != .array else { throw scanner.failure(.nestedArray, "an array of arrays", in: key, at: start) }
        let count = try scanner.integer(UInt64.self, key)
        guard count > GGUFHeader.Limit.keptElements else {
            return try readShortArray(key, of: type, count: Int64(count), from: &scanner)
        }
        if let size = type.byteCount {
            guard count <= UInt64(GGUFHeader.Limit.headerBytes) / UInt64(size) else {
                throw scanner.failure(
                    .arrayLength, "an array of \(count) elements, more than a header holds", in: key, at: start)
            }
            try scanner.skip(Int64(count) * Int64(size), key)
        } else {
            guard count <= UInt64(GGUFHeader.Limit.arrayStrings - arrayStrings) else {
                let limit = GGUFHeader.Limit.arrayStrings
                throw scanner.failure(
                    .arrayLength, "an array of \(count) strings; \(limit) is the limit", in: key, at: start)
            }
            arrayStrings += Int64(count)
            try scanner.skipStrings(Int64(count), upTo: GGUFHeader.Limit.stringBytes, key)
        }
        return .longArray(of: type, count: Int64(count))
    }

    private mutating func readShortArray(
        _ key: String, of type: GGUFValueType, count: Int64, from scanner: inout GGUFScanner
    ) throws -> GGUFValue {
        var elements: [GGUFValue] = []
        for _ in 0..<count {
            let element =
                type == .string
                ? try readString(key, upTo: GGUFHeader.Limit.keptElementBytes, from: &scanner)
                : try readScalar(type, key, from: &scanner)
            elements.append(element)
        }
        let isWhole = elements.allSatisfy { if case .longString = $0 { false } else { true } }
        return isWhole ? .array(elements) : .longArray(of: type, count: count)
    }
}
