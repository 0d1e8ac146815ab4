// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Musl
#endif

/// A moment in UTC with a resolution of one second, written as ISO 8601: `2026-11-21T22:00:00Z`.
package struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    package let secondsSinceEpoch: Int64

    /// Takes seconds since 1970.
    package init(secondsSinceEpoch: Int64) {
        self.secondsSinceEpoch = secondsSinceEpoch
    }

    /// The time of the system clock.
    package static var now: Timestamp { Timestamp(secondsSinceEpoch: Int64(time(nil))) }

    /// Reads exactly the form that `description` writes; `nil` for anything else.
    package init?(_ text: String) {
        let fields = text.split(whereSeparator: { !$0.isASCII || !$0.isNumber }).compactMap { Int32($0) }
        guard fields.count == 6 else { return nil }
        var parts = tm()
        parts.tm_year = fields[0] - 1900
        parts.tm_mon = fields[1] - 1
        parts.tm_mday = fields[2]
        parts.tm_hour = fields[3]
        parts.tm_min = fields[4]
        parts.tm_sec = fields[5]
        self.init(secondsSinceEpoch: Int64(timegm(&parts)))
        guard description == text else { return nil }
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }

    package var description: String {
        var seconds = time_t(secondsSinceEpoch)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "invalid" }
        var text: [UInt8] = []
        func append(_ value: Int32, _ width: Int, _ end: Unicode.Scalar) {
            let digits = Array(String(value).utf8)
            text += repeatElement(UInt8(ascii: "0"), count: max(0, width - digits.count))
            text += digits
            text.append(UInt8(ascii: end))
        }
        append(parts.tm_year + 1900, 4, "-")
        append(parts.tm_mon + 1, 2, "-")
        append(parts.tm_mday, 2, "T")
        append(parts.tm_hour, 2, ":")
        append(parts.tm_min, 2, ":")
        append(parts.tm_sec, 2, "Z")
        return String(decoding: text, as: UTF8.self)
    }
}
