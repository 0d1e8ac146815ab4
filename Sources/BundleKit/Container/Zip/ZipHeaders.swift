// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What local and central header both say of an entry.
struct ZipCommonFields: Equatable, Sendable {
    let flags: UInt16
    let time: UInt16
    let date: UInt16
    let crc32: UInt32
    let compressedSize: UInt64
    let size: UInt64
    /// Raw, with the `/` at the end of a folder's.
    let name: [UInt8]

    /// The name for messages, whatever it is made of.
    var shownName: String { Self.shown(name[...]) }
    var hasDescriptor: Bool { flags & ZipFormat.descriptorFlag != 0 }

    static func shown(_ name: ArraySlice<UInt8>) -> String {
        "entry " + String(decoding: name.prefix(256), as: UTF8.self).escapedForOneLine
    }

    /// Refuses a name that no entry may have.
    ///
    /// - Throws: `BundleError`, code `unsafeEntryName`.
    func checkName() throws(BundleError) {
        let isFolder = name.last == UInt8(ascii: "/")
        _ = try EntryName.validate(
            isFolder ? Array(name.dropLast()) : name, markedUTF8: flags & ZipFormat.utf8Flag != 0)
    }

    /// Refuses what no stored entry of a package has.
    static func check(version: UInt16, flags: UInt16, method: UInt16, of name: ArraySlice<UInt8>) throws(BundleError) {
        var entry: String { shown(name) }
        guard flags & ZipFormat.encryptionFlags == 0 else {
            throw BundleError(
                .encrypted, "validation failed: \(entry) is encrypted",
                hint: "Unpack it where the password is known and package it again.")
        }
        guard flags & ~(ZipFormat.descriptorFlag | ZipFormat.utf8Flag) == 0 else {
            throw .structure(
                .flags, "\(entry) has flags 0x\(String(flags, radix: 16)) that a stored entry does not have")
        }
        guard method == 0 else {
            throw BundleError(
                .compressed, "validation failed: \(entry) is compressed (method \(method)); packages only store",
                hint: "Unpack it and pack it without compression: unzip FILE -d DIR && cd DIR && zip -0 -r ../NEW .")
        }
        guard version <= ZipFormat.zip64Version else {
            throw .structure(.version, "\(entry) needs version \(version) of the format")
        }
    }
}

/// The header before an entry's data.
///
/// Source: ZIP APPNOTE 6.3.10, section 4.3.7.
struct ZipLocalHeader: Equatable, Sendable {
    let fields: ZipCommonFields
    /// Whether sizes stand in a ZIP64 field, and so have eight bytes in a data descriptor too.
    let isZip64: Bool
    /// Bytes of the header with name and extra fields.
    let length: Int

    /// Bytes of a whole header that starts with these fixed ones.
    ///
    /// - Throws: `BundleError`, code `structure`, when it is none.
    static func length(from fixed: ArraySlice<UInt8>) throws(BundleError) -> Int {
        var cursor = ByteCursor(fixed, of: "a local header")
        guard try cursor.u32() == ZipFormat.localSignature else {
            throw .structure(.localHeader, "there is no local header where one has to be")
        }
        _ = try cursor.take(22)
        return ZipFormat.localBytes + Int(try cursor.u16()) + Int(try cursor.u16())
    }

    /// Reads a whole header.
    ///
    /// - Throws: `BundleError` by the rule that is broken.
    init(reading bytes: ArraySlice<UInt8>) throws(BundleError) {
        length = bytes.count
        var cursor = ByteCursor(bytes, of: "a local header")
        _ = try cursor.take(4)
        let version = try cursor.u16()
        let flags = try cursor.u16()
        let method = try cursor.u16()
        let time = try cursor.u16()
        let date = try cursor.u16()
        let crc = try cursor.u32()
        let compressed = try cursor.u32()
        let size = try cursor.u32()
        let nameLength = Int(try cursor.u16())
        let extraLength = Int(try cursor.u16())
        let name = try cursor.take(nameLength)
        var entry: String { ZipCommonFields.shown(name) }
        let extra = try ZipExtraFields(reading: try cursor.take(extraLength), of: name)
        try ZipCommonFields.check(version: version, flags: flags, method: method, of: name)
        guard [0, 2].contains(extra.zip64?.count ?? 0) else {
            throw .structure(.zip64Field, "the ZIP64 field of the local header of \(entry) lacks a size")
        }
        let sizes = try extra.resolve([size, compressed], of: name)
        isZip64 = extra.zip64 != nil
        fields = ZipCommonFields(
            flags: flags, time: time, date: date, crc32: crc, compressedSize: sizes[1], size: sizes[0],
            name: Array(name))
    }

    /// Refuses a local header that says anything else than the central one.
    ///
    /// Where a data descriptor follows, digest and sizes may be zero.
    func check(against central: ZipCommonFields) throws(BundleError) {
        func agree(_ same: Bool, _ what: String) throws(BundleError) {
            guard same else {
                throw .structure(
                    .headerMismatch, "local and central header of \(central.shownName) disagree on the \(what)")
            }
        }
        try agree(fields.name == central.name, "name")
        try agree(fields.flags == central.flags, "flags")
        try agree(fields.time == central.time && fields.date == central.date, "time")
        let later = fields.hasDescriptor
        try agree(fields.crc32 == central.crc32 || later && fields.crc32 == 0, "CRC-32")
        try agree(fields.size == central.size || later && fields.size == 0, "size")
        try agree(
            fields.compressedSize == central.compressedSize || later && fields.compressedSize == 0, "stored size")
    }
}

/// The record of an entry in the central directory.
///
/// Source: ZIP APPNOTE 6.3.10, section 4.3.12.
struct ZipCentralHeader: Sendable {
    let fields: ZipCommonFields
    let isFolder: Bool
    let localOffset: UInt64
    /// Where the record is, counted from the start of the directory.
    let range: Range<Int>

    /// Reads the next record.
    ///
    /// - Throws: `BundleError` by the rule that is broken.
    init(reading cursor: inout ByteCursor, of directory: Int) throws(BundleError) {
        let start = directory - cursor.remaining
        guard try cursor.u32() == ZipFormat.centralSignature else {
            throw .structure(.directoryRecord, "the central directory has something else than entries")
        }
        let madeBy = try cursor.u16()
        let version = try cursor.u16()
        let flags = try cursor.u16()
        let method = try cursor.u16()
        let time = try cursor.u16()
        let date = try cursor.u16()
        let crc = try cursor.u32()
        let compressed = try cursor.u32()
        let size = try cursor.u32()
        let nameLength = Int(try cursor.u16())
        let extraLength = Int(try cursor.u16())
        let commentLength = Int(try cursor.u16())
        let disk = try cursor.u16()
        _ = try cursor.u16()
        let attributes = try cursor.u32()
        let offset = try cursor.u32()
        let name = try cursor.take(nameLength)
        var entry: String { ZipCommonFields.shown(name) }
        let extra = try ZipExtraFields(reading: try cursor.take(extraLength), of: name)
        _ = try cursor.take(commentLength)
        range = start..<directory - cursor.remaining
        try ZipCommonFields.check(version: version, flags: flags, method: method, of: name)
        guard disk == 0 else { throw .structure(.multiDisk, "\(entry) is on another disk of a multi-disk archive") }
        let values = try extra.resolve([size, compressed, offset], of: name)
        fields = ZipCommonFields(
            flags: flags, time: time, date: date, crc32: crc, compressedSize: values[1], size: values[0],
            name: Array(name))
        localOffset = values[2]
        isFolder = name.last == UInt8(ascii: "/")
        guard fields.size == fields.compressedSize else {
            throw .structure(.twoSizes, "\(entry) is stored with two sizes")
        }
        try checkType(madeBy: madeBy, attributes: attributes)
    }

    /// Refuses links, devices, labels, and folders that look like files or the other way round.
    ///
    /// Readers take the Unix mode from the upper half whatever the host says, so it is checked for both.
    private func checkType(madeBy: UInt16, attributes: UInt32) throws(BundleError) {
        var entry: String { fields.shownName }
        let host = UInt8(madeBy >> 8)
        guard host == ZipFormat.hostFAT || host == ZipFormat.hostUnix else {
            throw .structure(.host, "\(entry) was made by a system of number \(host), not by FAT or Unix")
        }
        // unzip takes such names for ones in a code page of DOS, marked as UTF-8 or not.
        guard host != ZipFormat.hostFAT || fields.name.allSatisfy({ $0 < 0x80 }) else {
            throw .structure(.host, "\(entry) was made by FAT and has a name that is not ASCII")
        }
        let type = (attributes >> 16) & 0o170000
        guard type == 0 || type == (isFolder ? 0o040000 : 0o100000) else {
            guard type != 0o120000 else { throw .structure(.link, "\(entry) is a link") }
            throw .structure(.fileType, "\(entry) is of a type that does not fit its name")
        }
        let isMarkedFolder = attributes & 0x10 != 0
        guard !isMarkedFolder || isFolder else { throw .structure(.fileType, "\(entry) is marked as a folder") }
        // Read-only, hidden, system, folder, archive, normal, and the bit that 7-Zip sets for a Unix mode.
        guard attributes & 0xffff & ~0x80b7 == 0 else {
            throw .structure(.fileType, "\(entry) has attributes of a label, link or device")
        }
        guard !isFolder || fields.size == 0 && fields.crc32 == 0 else {
            throw .structure(.folderContent, "\(entry) is a folder with content")
        }
    }
}
