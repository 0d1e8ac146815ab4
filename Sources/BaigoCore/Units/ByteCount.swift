// SPDX-License-Identifier: Apache-2.0

/// A number of bytes, shown with binary prefixes.
package struct ByteCount: Hashable, Sendable, Comparable, CustomStringConvertible {
    private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]

    /// Bytes; never negative.
    package let bytes: Int64

    /// Makes a count; a negative number counts as none.
    package init(_ bytes: some BinaryInteger) {
        self.bytes = Int64(clamping: Swift.max(0, Int64(clamping: bytes)))
    }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }

    /// `512 B`, `1.5 KiB`, `4.36 GiB`: three figures at the most.
    package var description: String {
        var value = Double(bytes)
        var unit = 0
        while value >= 1024, unit < Self.units.count - 1 {
            value /= 1024
            unit += 1
        }
        guard unit > 0 else { return "\(bytes) B" }
        let decimals: Double = value < 10 ? 100 : value < 100 ? 10 : 1
        let rounded = (value * decimals).rounded() / decimals
        let text = rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
        return "\(text) \(Self.units[unit])"
    }
}

extension ByteCount {
    /// Reads `4096`, `64GiB`, `64 GiB` or `100GB`; `nil` for anything else or beyond 2^63.
    package init?(spelled text: String) {
        let units: [(String, Int64)] = [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("kB", 1000), ("KB", 1000),
            ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1),
        ]
        let unit = units.first { text.hasSuffix($0.0) } ?? ("", 1)
        var digits = text.dropLast(unit.0.count)
        if digits.last == " " { digits = digits.dropLast() }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(digits) else {
            return nil
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.1)
        guard !overflow else { return nil }
        self.init(bytes)
    }
}

extension Int64 {
    /// The sum of two counts; 2^63 - 1 where it is larger than that.
    package func clampedAdding(_ other: Int64) -> Int64 {
        let (sum, isTooLarge) = addingReportingOverflow(other)
        return isTooLarge ? .max : sum
    }
}

extension Sequence<Int64> {
    /// The sum of counts; 2^63 - 1 where it is larger than that.
    package var clampedSum: Int64 { reduce(0) { $0.clampedAdding($1) } }
}
