// SPDX-License-Identifier: Apache-2.0

/// One header block of a tar archive.
///
/// Source: POSIX.1-2017, pax, "ustar Interchange Format"; tar(5) of libarchive for the GNU forms.
struct TarHeader {
    static let blockBytes = 512
    /// Where `ustar` stands.
    static let magicOffset = 257
    static let magic = Array("ustar".utf8)

    /// The name as the block has it, prefix included.
    let name: [UInt8]
    /// Bytes of data behind the header, padding not counted.
    let size: Int64
    let type: UInt8
    /// Where a link leads.
    let linkName: [UInt8]

    /// Reads a block that is not all zeros.
    ///
    /// - Throws: `BundleError`, code `structure`.
    init(reading block: [UInt8]) throws(BundleError) {
        guard block[Self.magicOffset..<Self.magicOffset + 5].elementsEqual(Self.magic) else {
            throw BundleError.bundle(.header, "a tar header has no magic \"ustar\"")
        }
        let isPosix = Array(block[262..<265]) == [0, UInt8(ascii: "0"), UInt8(ascii: "0")]
        let isGNU = Array(block[262..<265]) == [UInt8(ascii: " "), UInt8(ascii: " "), 0]
        guard isPosix || isGNU else { throw BundleError.bundle(.header, "a tar header has an unknown version") }
        guard try Self.number(block[148..<156], "checksum") == Self.checksum(of: block) else {
            throw BundleError.bundle(.header, "a tar header does not match its checksum")
        }
        // GNU tar keeps times there in incremental archives, which readers take for different names.
        guard isPosix || block[345...].allSatisfy({ $0 == 0 }) else {
            throw BundleError.bundle(.header, "a tar header of the GNU form has fields of an incremental archive")
        }
        try Self.checkTheRest(of: block)
        guard !isPosix || block[500...].allSatisfy({ $0 == 0 }) else {
            throw BundleError.bundle(.header, "a tar header has something behind its last field")
        }
        let prefix = isPosix ? Self.text(block[345..<500]) : []
        name = (prefix.isEmpty ? [] : prefix + [UInt8(ascii: "/")]) + Self.text(block[0..<100])
        size = try Self.number(block[124..<136], "size")
        type = block[156]
        linkName = Self.text(block[157..<257])
    }

    /// Fields that are not taken over, but that some readers refuse where they are malformed.
    private static func checkTheRest(of block: [UInt8]) throws(BundleError) {
        let numbers = [
            (100..<108, "mode"), (108..<116, "owner"), (116..<124, "group"), (136..<148, "time"),
            (329..<337, "device"), (337..<345, "device"),
        ]
        for (range, what) in numbers {
            let field = block[range]
            if !field.allSatisfy({ $0 == 0 }) { _ = try number(field, what) }
        }
        for range in [157..<257, 265..<297, 297..<329]
        where String(validating: text(block[range]), as: UTF8.self) == nil {
            throw BundleError.bundle(.header, "a tar header has a name of a user, group or link that is not UTF-8")
        }
    }

    private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

    /// The sum of all bytes, the checksum itself read as blanks.
    static func checksum(of block: [UInt8]) -> Int64 {
        var sum: Int64 = 8 * 0x20
        for (index, byte) in block.enumerated() where !(148..<156).contains(index) { sum += Int64(byte) }
        return sum
    }

    private static func number(_ field: ArraySlice<UInt8>, _ what: String) throws(BundleError) -> Int64 {
        if field.first == 0x80 {
            guard field.dropLast(8).dropFirst().allSatisfy({ $0 == 0 }) else { throw fault(what) }
            let value = field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard let number = Int64(exactly: value) else { throw fault(what) }
            return number
        }
        let digits = field.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
        guard !digits.isEmpty, field[digits.endIndex...].allSatisfy({ $0 == 0x20 || $0 == 0 }) else {
            throw fault(what)
        }
        return digits.reduce(0) { $0 << 3 | Int64($1 - 0x30) }
    }

    private static func fault(_ what: String) -> BundleError {
        BundleError.bundle(.header, "a tar header has a malformed \(what)")
    }
}

extension TarHeader {
    /// The headers of a file as baigo writes them: mode 0644, owner 0, no time, and a pax header where the ustar
    /// fields are too small or the name is not ASCII.
    static func bytes(name: String, size: Int64) -> [UInt8] {
        let utf8 = Array(name.utf8)
        let fitsSize = size < 1 << 33
        guard utf8.count <= 100, utf8.allSatisfy({ $0 < 0x80 }), fitsSize else {
            var records = record("path", utf8)
            if !fitsSize { records += record("size", Array(String(size).utf8)) }
            let short = Array(utf8.suffix(80)).map { $0 < 0x80 ? $0 : UInt8(ascii: "_") }
            return block(name: Array("PaxHeader".utf8), size: Int64(records.count), type: UInt8(ascii: "x"))
                + records + padding(behind: Int64(records.count))
                + block(name: short, size: fitsSize ? size : 0, type: UInt8(ascii: "0"))
        }
        return block(name: utf8, size: size, type: UInt8(ascii: "0"))
    }

    /// The zeros between data of that size and the next header.
    static func padding(behind size: Int64) -> [UInt8] {
        [UInt8](repeating: 0, count: Int((512 - size % 512) % 512))
    }

    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(key)=".utf8) + value + [0x0A]
        var count = rest.count
        while String(count).utf8.count + rest.count != count { count = String(count).utf8.count + rest.count }
        return Array(String(count).utf8) + rest
    }

    private static func block(name: [UInt8], size: Int64, type: UInt8) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockBytes)
        func octal(_ value: Int64, _ digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
        }
        block.replaceSubrange(0..<name.count, with: name)
        block.replaceSubrange(100..<107, with: octal(0o644, 7))
        block.replaceSubrange(108..<115, with: octal(0, 7))
        block.replaceSubrange(116..<123, with: octal(0, 7))
        block.replaceSubrange(124..<135, with: octal(size, 11))
        block.replaceSubrange(136..<147, with: octal(0, 11))
        block[156] = type
        block.replaceSubrange(257..<265, with: magic + [0, UInt8(ascii: "0"), UInt8(ascii: "0")])
        block.replaceSubrange(148..<155, with: octal(checksum(of: block), 6) + [0])
        block[155] = 0x20
        return block
    }
}
