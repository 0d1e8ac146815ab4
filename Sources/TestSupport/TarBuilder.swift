// SPDX-License-Identifier: Apache-2.0

/// Makes tar archives for tests, right ones and hostile ones.
///
/// Source: POSIX.1-2017, pax, "ustar Interchange Format".
package struct TarBuilder {
    /// A header block: every field can be overridden before its checksum is made.
    package struct Header {
        package var name: [UInt8]
        package var type: UInt8 = UInt8(ascii: "0")
        package var size: Int
        package var link: [UInt8] = []
        package var magic: [UInt8] = Array("ustar".utf8) + [0, UInt8(ascii: "0"), UInt8(ascii: "0")]
        package var prefix: [UInt8] = []
        /// Bytes at an offset of the block, in place of what stands there.
        package var raw: [Int: [UInt8]] = [:]
        /// Added to the right checksum.
        package var checksumOffset = 0

        /// The block.
        package var bytes: [UInt8] {
            var block = [UInt8](repeating: 0, count: 512)
            func put(_ bytes: [UInt8], _ offset: Int) {
                block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            }
            func octal(_ value: Int, _ digits: Int) -> [UInt8] {
                let text = String(value, radix: 8)
                return Array((String(repeating: "0", count: digits - text.count) + text).utf8)
            }
            put(Array(name.prefix(100)), 0)
            put(Array("0000644".utf8), 100)
            put(octal(size, 11), 124)
            put(octal(0, 11), 136)
            put(Array(repeating: 0x20, count: 8), 148)
            block[156] = type
            put(link, 157)
            put(magic, 257)
            put(prefix, 345)
            for (offset, bytes) in raw { put(bytes, offset) }
            put(octal(block.reduce(0) { $0 + Int($1) } + checksumOffset, 6) + [0, 0x20], 148)
            return block
        }
    }

    /// Everything before the end.
    package var blocks: [UInt8] = []
    /// The end of the archive.
    package var end = [UInt8](repeating: 0, count: 1024)

    /// Starts with no entries.
    package init() {}

    /// Adds an entry, right in all fields but those that `change` sets.
    package mutating func add(_ name: String, _ data: [UInt8] = [], _ change: (inout Header) -> Void = { _ in }) {
        var header = Header(name: Array(name.utf8), size: data.count)
        change(&header)
        blocks += header.bytes + data + [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
    }

    /// Adds an extended header with these records.
    package mutating func addPax(_ records: [(key: String, value: String)], type: Character = "x") {
        addPax(records.map { (key: Array($0.key.utf8), value: Array($0.value.utf8)) }, type: type)
    }

    /// Adds an extended header with records that may be no text.
    package mutating func addPax(_ records: [(key: [UInt8], value: [UInt8])], type: Character = "x") {
        let data = records.flatMap { key, value -> [UInt8] in
            let rest = [0x20] + key + [0x3D] + value + [0x0A]
            var count = rest.count
            while String(count).utf8.count + rest.count != count { count = String(count).utf8.count + rest.count }
            return Array(String(count).utf8) + rest
        }
        add("PaxHeader", data) { $0.type = type.asciiValue ?? 0 }
    }

    /// The archive.
    package var bytes: [UInt8] { blocks + end }
}
