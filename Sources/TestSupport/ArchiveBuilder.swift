// SPDX-License-Identifier: Apache-2.0

/// Makes ZIP archives for tests, right ones and hostile ones: every field can be overridden.
///
/// Source: ZIP APPNOTE 6.3.10, section 4.3.
package struct ArchiveBuilder {
    /// The fields of a local or central header.
    ///
    /// The signature and the lengths of name and extra fields are made.
    package struct Header {
        package var version: UInt16 = 10
        package var flags: UInt16 = 0
        package var method: UInt16 = 0
        package var time: UInt16 = 0
        package var date: UInt16 = 0x21
        package var crc32: UInt32
        package var compressedSize: UInt32
        package var size: UInt32
        package var name: [UInt8]
        package var extra: [UInt8] = []

        var bytes: [UInt8] {
            little(version) + little(flags) + little(method) + little(time) + little(date) + little(crc32)
                + little(compressedSize) + little(size) + little(UInt16(name.count)) + little(UInt16(extra.count))
        }
    }

    /// One entry with both of its headers.
    package struct Entry {
        package var local: Header
        package var central: Header
        package var madeBy: UInt16 = 0x031e
        package var disk: UInt16 = 0
        package var attributes: UInt32 = 0o100644 << 16
        package var comment: [UInt8] = []
        /// What the central header says of the local one's place; `nil` for the truth.
        package var offset: UInt32?
        package var data: [UInt8]
        /// What stands directly behind the data.
        package var descriptor: [UInt8] = []
        /// Bytes in front of the local header that belong to nothing.
        package var gap: [UInt8] = []
        /// Whether the central directory has it.
        package var isListed = true
        /// Whether local header and data are there.
        package var isPresent = true

        /// Gives the entry a data descriptor; the local header then has zeros.
        package mutating func useDescriptor(signed: Bool = true, wide: Bool = false) {
            local.flags |= 8
            central.flags |= 8
            let size = central.size
            descriptor = (signed ? little(UInt32(0x0807_4b50)) : []) + little(central.crc32)
            descriptor += wide ? little(UInt64(size)) + little(UInt64(size)) : little(size) + little(size)
            local.crc32 = 0
            local.size = 0
            local.compressedSize = 0
            if wide {
                local.size = .max
                local.compressedSize = .max
                local.extra += ArchiveBuilder.zip64Field([0, 0])
            }
        }

        /// Moves sizes to ZIP64 fields though they would fit.
        package mutating func useZip64() {
            let field = ArchiveBuilder.zip64Field([UInt64(central.size), UInt64(central.size)])
            for path in [\Entry.local, \Entry.central] {
                self[keyPath: path].size = .max
                self[keyPath: path].compressedSize = .max
                self[keyPath: path].extra += field
                self[keyPath: path].version = 45
            }
        }
    }

    /// The fields of the end record; `nil` for the truth.
    package struct End {
        package var disk: UInt16 = 0
        package var directoryDisk: UInt16 = 0
        package var countOnDisk: UInt16?
        package var count: UInt16?
        package var directorySize: UInt32?
        package var directoryOffset: UInt32?
        package var comment: [UInt8] = []
        package var commentLength: UInt16?
    }

    /// The ZIP64 end record and its locator; `nil` for the truth.
    package struct End64 {
        package var recordSize: UInt64 = 44
        package var version: UInt16 = 45
        package var disk: UInt32 = 0
        package var countOnDisk: UInt64?
        package var count: UInt64?
        package var directorySize: UInt64?
        package var directoryOffset: UInt64?
        package var recordOffset: UInt64?
        package var disks: UInt32 = 1

        /// Starts with the truth.
        package init() {}
    }

    package var entries: [Entry] = []
    package var end = End()
    package var end64: End64?
    /// Bytes in front of everything, not counted in offsets.
    package var prefix: [UInt8] = []
    /// Bytes between the last entry and the central directory.
    package var gapBeforeDirectory: [UInt8] = []
    /// Bytes between the central directory and the end record.
    package var gapBehindDirectory: [UInt8] = []
    package var trailing: [UInt8] = []

    /// Starts with no entries.
    package init() {}

    /// A ZIP64 extra field with these values.
    package static func zip64Field(_ values: [UInt64]) -> [UInt8] {
        extraField(1, values.flatMap { little($0) })
    }

    /// An extra field.
    package static func extraField(_ id: UInt16, _ body: [UInt8]) -> [UInt8] {
        little(id) + little(UInt16(body.count)) + body
    }

    /// Adds an entry, right in all fields but those that `change` sets.
    package mutating func add(_ name: String, _ contents: [UInt8], _ change: (inout Entry) -> Void = { _ in }) {
        add(Array(name.utf8), contents, change)
    }

    /// Adds an entry with a name that may be no text.
    package mutating func add(_ name: [UInt8], _ contents: [UInt8], _ change: (inout Entry) -> Void = { _ in }) {
        var header = Header(
            crc32: crc32(contents), compressedSize: UInt32(contents.count), size: UInt32(contents.count), name: name)
        if name.contains(where: { $0 >= 0x80 }) { header.flags = 1 << 11 }
        var entry = Entry(local: header, central: header, data: contents)
        if name.last == UInt8(ascii: "/") { entry.attributes = 0o040755 << 16 | 0x10 }
        change(&entry)
        entries.append(entry)
    }

    /// Changes the entry of that name.
    package mutating func change(_ name: String, _ change: (inout Entry) -> Void) {
        guard let index = entries.firstIndex(where: { $0.central.name == Array(name.utf8) }) else { return }
        change(&entries[index])
    }

    /// The archive.
    package func build() -> [UInt8] {
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        var count = 0
        for entry in entries {
            if entry.isPresent { bytes += entry.gap }
            let offset = UInt32(bytes.count)
            if entry.isPresent {
                bytes += little(UInt32(0x0403_4b50)) + entry.local.bytes + entry.local.name + entry.local.extra
                bytes += entry.data + entry.descriptor
            }
            guard entry.isListed else { continue }
            count += 1
            directory += little(UInt32(0x0201_4b50)) + little(entry.madeBy) + entry.central.bytes
            directory += little(UInt16(entry.comment.count)) + little(entry.disk) + little(UInt16(0))
            directory += little(entry.attributes) + little(entry.offset ?? offset)
            directory += entry.central.name + entry.central.extra + entry.comment
        }
        bytes += gapBeforeDirectory
        let start = bytes.count
        bytes += directory + gapBehindDirectory
        if let end64 {
            let recordOffset = bytes.count
            bytes += little(UInt32(0x0606_4b50)) + little(end64.recordSize) + little(UInt16(0x031e))
            bytes += little(end64.version) + little(end64.disk) + little(UInt32(0))
            bytes += little(end64.countOnDisk ?? UInt64(count)) + little(end64.count ?? UInt64(count))
            bytes += little(end64.directorySize ?? UInt64(directory.count))
            bytes += little(end64.directoryOffset ?? UInt64(start))
            bytes += little(UInt32(0x0706_4b50)) + little(UInt32(0))
            bytes += little(end64.recordOffset ?? UInt64(recordOffset)) + little(end64.disks)
        }
        bytes += little(UInt32(0x0605_4b50)) + little(end.disk) + little(end.directoryDisk)
        bytes += little(end.countOnDisk ?? UInt16(clamping: count)) + little(end.count ?? UInt16(clamping: count))
        bytes += little(end.directorySize ?? UInt32(directory.count))
        bytes += little(end.directoryOffset ?? UInt32(start))
        bytes += little(end.commentLength ?? UInt16(end.comment.count)) + end.comment
        return prefix + bytes + trailing
    }
}

private func little(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

private let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xedb8_8320 }
}

private func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(UInt32.max) { crcTable[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
}
