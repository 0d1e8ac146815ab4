// SPDX-License-Identifier: Apache-2.0

internal import CDeflate

/// A running CRC-32 as ZIP uses it, by libdeflate.
package struct CRC32 {
    /// The checksum of everything added so far.
    package private(set) var value: UInt32 = 0

    /// Starts with no bytes.
    package init() {}

    /// Adds bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // libdeflate takes a missing buffer for a new start.
        guard let start = bytes.baseAddress else { return }
        value = libdeflate_crc32(value, start, bytes.count)
    }

    /// The checksum of bytes in memory.
    package static func checksum(of bytes: [UInt8]) -> UInt32 {
        var crc = CRC32()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.value
    }
}
