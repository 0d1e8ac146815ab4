// SPDX-License-Identifier: Apache-2.0

/// Reads little-endian numbers one after the other and never past the end.
struct ByteCursor {
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private let what: () -> String

    /// Starts at the first of `bytes`; `what` names them in errors.
    init(_ bytes: ArraySlice<UInt8>, of what: @autoclosure @escaping () -> String) {
        self.bytes = bytes
        self.position = bytes.startIndex
        self.what = what
    }

    /// Bytes not read yet.
    var remaining: Int { bytes.endIndex - position }

    /// The next `count` bytes.
    ///
    /// - Throws: `BundleError`, code `structure`, when there are fewer.
    mutating func take(_ count: Int) throws(BundleError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw .structure(.cutRecord, "\(what()) ends too early") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func number<Number: FixedWidthInteger & UnsignedInteger>(
        _ type: Number.Type
    ) throws(BundleError) -> Number {
        var value: Number = 0
        for (index, byte) in try take(Number.bitWidth / 8).enumerated() {
            value |= Number(truncatingIfNeeded: byte) << Number(index * 8)
        }
        return value
    }

    mutating func u16() throws(BundleError) -> UInt16 { try number(UInt16.self) }
    mutating func u32() throws(BundleError) -> UInt32 { try number(UInt32.self) }
    mutating func u64() throws(BundleError) -> UInt64 { try number(UInt64.self) }
}

extension [UInt8] {
    /// Appends a number, the lowest byte first.
    mutating func append(littleEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
