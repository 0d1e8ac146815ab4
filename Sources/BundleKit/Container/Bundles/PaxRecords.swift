// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What an extended header of a tar archive says of the entry behind it.
///
/// Source: POSIX.1-2017, pax, "pax Extended Header".
struct PaxRecords {
    /// Bytes at the most.
    static let maximumBytes: Int64 = 1 << 20
    private static let maximumRecords = 1024

    /// Keys that change neither name nor content; owners, times and attributes are never taken over.
    private static let harmless: Set<String> = [
        "comment", "gname", "uname", "MSWINDOWS.rawsd", "RHT.security.selinux", "SCHILY.fflags",
    ]
    /// Those whose values are times, or whole numbers; a reader that understands them refuses any other.
    private static let times: Set<String> = ["atime", "ctime", "mtime", "LIBARCHIVE.creationtime"]
    private static let owners: Set<String> = ["gid", "uid"]
    private static let numbers: Set<String> = ["SCHILY.dev", "SCHILY.ino", "SCHILY.nlink"]
    private static let harmlessPrefixes = ["LIBARCHIVE.xattr.", "SCHILY.acl.", "SCHILY.xattr."]
    private static let charsets = ["BINARY", "ISO-IR 10646 2000 UTF-8"]

    private(set) var path: [UInt8]?
    /// Bytes.
    private(set) var size: Int64?
    private(set) var linkPath: [UInt8]?
    private let takesLinks: Bool

    /// Reads the records.
    ///
    /// - Parameters:
    ///   - bytes: The data of the extended header.
    ///   - takesLinks: Whether they may say where a link leads.
    /// - Throws: `BundleError`, code `structure`, for records that are malformed, twice, or change what an entry is.
    init(reading bytes: [UInt8], takingLinks takesLinks: Bool = false) throws(BundleError) {
        self.takesLinks = takesLinks
        var rest = bytes[...]
        var count = 0
        while !rest.isEmpty {
            count += 1
            guard count <= Self.maximumRecords else {
                throw BundleError.bundle(.extendedHeader, "a pax header has more than \(Self.maximumRecords) records")
            }
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard digits.count < 9, let length = Int(String(decoding: digits, as: UTF8.self)), length <= rest.count,
                length > digits.count + 1, rest[digits.endIndex] == 0x20,
                rest[rest.startIndex + length - 1] == 0x0A
            else { throw BundleError.bundle(.extendedHeader, "a pax header has a malformed record") }
            let record = rest.prefix(length).dropFirst(digits.count + 1).dropLast()
            guard let sign = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw BundleError.bundle(.extendedHeader, "a pax header has a record without a value")
            }
            guard let key = String(validating: record[..<sign], as: UTF8.self), !key.utf8.contains(0) else {
                throw BundleError.bundle(.extendedHeader, "a pax header has a record whose key is no text")
            }
            try take(key, Array(record[(sign + 1)...]))
            rest = rest.dropFirst(length)
        }
    }

    private mutating func take(_ key: String, _ value: [UInt8]) throws(BundleError) {
        switch key {
        case "path":
            guard path == nil, !value.isEmpty, !value.contains(0) else { throw Self.fault(key) }
            path = value
        case "linkpath" where takesLinks:
            guard linkPath == nil, !value.isEmpty, !value.contains(0) else { throw Self.fault(key) }
            linkPath = value
        case "size":
            guard size == nil, value.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int64(String(decoding: value, as: UTF8.self))
            else { throw Self.fault(key) }
            size = number
        case "hdrcharset":
            guard Self.charsets.contains(String(decoding: value, as: UTF8.self)) else { throw Self.fault(key) }
        case _ where Self.times.contains(key):
            guard Self.isTime(value) else { throw Self.fault(key) }
        case _ where Self.owners.contains(key):
            guard let owner = Self.number(value), owner <= UInt32.max else { throw Self.fault(key) }
        case _ where Self.numbers.contains(key):
            guard Self.number(value) != nil else { throw Self.fault(key) }
        default:
            let isText = Self.harmless.contains(key)
            guard isText || Self.harmlessPrefixes.contains(where: key.hasPrefix) else {
                throw BundleError.bundle(.extendedHeader, "a pax header has the record \"\(key.excerptForOneLine)\"")
            }
            // Readers stop at the first: some take the rest for something else.
            guard !value.contains(0), !isText || String(validating: value, as: UTF8.self) != nil else {
                throw Self.fault(key)
            }
        }
    }

    /// A whole number in decimal digits alone.
    private static func number(_ value: [UInt8]) -> UInt64? {
        value.allSatisfy { (0x30...0x39).contains($0) } ? UInt64(String(decoding: value, as: UTF8.self)) : nil
    }

    /// A decimal number of at most 18 digits before the point, 12 behind it.
    private static func isTime(_ value: [UInt8]) -> Bool {
        let digits = value.first == UInt8(ascii: "-") ? value.dropFirst() : value[...]
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { (0x30...0x39).contains($0) } }
            && parts[0].count <= 18 && parts.dropFirst().allSatisfy { $0.count <= 12 }
    }

    private static func fault(_ key: String) -> BundleError {
        BundleError.bundle(.extendedHeader, "a pax header has a malformed or second record \"\(key)\"")
    }
}
