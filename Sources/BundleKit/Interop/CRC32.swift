// SPDX-License-Identifier: Apache-2.0

internal import CZlib

/// A running CRC-32 as ZIP uses it, by zlib.
struct CRC32 {
    private var state: UInt = 0

    /// The checksum of everything added so far.
    var value: UInt32 { UInt32(truncatingIfNeeded: state) }

    /// Adds bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state = crc32_z(state, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    }

    /// The checksum of bytes in memory.
    static func checksum(of bytes: [UInt8]) -> UInt32 {
        var crc = CRC32()
        bytes.withUnsafeBytes { if !$0.isEmpty { crc.update($0) } }
        return crc.value
    }
}
