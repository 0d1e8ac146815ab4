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
        let year = parts.tm_year + 1900
        guard 0...9999 ~= year else { return "invalid" }
        var text: [UInt8] = []
        text.reserveCapacity(20)
        func append(_ value: Int32, _ end: Unicode.Scalar?) {
            text.append(UInt8(ascii: "0") + UInt8(value / 10))
            text.append(UInt8(ascii: "0") + UInt8(value % 10))
            if let end { text.append(UInt8(ascii: end)) }
        }
        append(year / 100, nil)
        append(year % 100, "-")
        append(parts.tm_mon + 1, "-")
        append(parts.tm_mday, "T")
        append(parts.tm_hour, ":")
        append(parts.tm_min, ":")
        append(parts.tm_sec, "Z")
        return String(decoding: text, as: UTF8.self)
    }
}
