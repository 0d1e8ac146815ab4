// SPDX-License-Identifier: Apache-2.0

internal import CDeflate

/// A running CRC-32 as ZIP uses it, by libdeflate.
struct CRC32 {
    /// The checksum of everything added so far.
    private(set) var value: UInt32 = 0

    /// Adds bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // libdeflate takes a missing buffer for a new start.
        guard let start = bytes.baseAddress else { return }
        value = libdeflate_crc32(value, start, bytes.count)
    }

    /// The checksum of bytes in memory.
    static func checksum(of bytes: [UInt8]) -> UInt32 {
        var crc = CRC32()
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.value
    }
}
