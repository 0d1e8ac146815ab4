// SPDX-License-Identifier: Apache-2.0

import BundleKit

/// The bytes of an index, for tests that change them.
struct IndexBytes {
    private static let field = 68..<72
    var bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether it carries the checksum of its bytes.
    var isSealed: Bool { Array(bytes[Self.field]) == checksum }

    /// Gives it the checksum of its bytes.
    mutating func seal() { bytes.replaceSubrange(Self.field, with: checksum) }

    /// Where a text begins.
    func positions(of text: String) -> [Int] {
        let wanted = Array(text.utf8)
        return bytes.indices.filter { bytes[$0...].starts(with: wanted) }
    }

    private var checksum: [UInt8] {
        var plain = bytes
        plain.replaceSubrange(Self.field, with: [0, 0, 0, 0])
        let sum = CRC32.checksum(of: plain)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) }
    }
}
