// SPDX-License-Identifier: Apache-2.0

/// The extra fields of one header: all of them checked, the ZIP64 values taken.
///
/// Source: ZIP APPNOTE 6.3.10, section 4.5; Info-ZIP, `proginfo/extrafld.txt`.
struct ZipExtraFields {
    static let zip64ID: UInt16 = 0x0001
    /// What zipalign and baigo use to align data.
    static let paddingID: UInt16 = 0xd935
    /// Times and owners, which are not taken over, and padding; a name that some readers take instead of the header's
    /// (0x7075), encryption and everything else is refused.
    private static let ignoredIDs: Set<UInt16> = [0x5455, 0x5855, 0x7855, 0x7875, 0x000a, paddingID]

    private static let timesID: UInt16 = 0x5455

    /// The values of the ZIP64 field, in its order; `nil` where there is none.
    let zip64: [UInt64]?

    /// Reads the extra fields of a header.
    ///
    /// - Parameters:
    ///   - bytes: All of the header's extra bytes.
    ///   - name: The entry's name, for errors.
    /// - Throws: `BundleError`, code `structure`.
    init(reading bytes: ArraySlice<UInt8>, of name: ArraySlice<UInt8>) throws(BundleError) {
        var entry: String { ZipCommonFields.shown(name) }
        var cursor = ByteCursor(bytes, of: "an extra field of \(ZipCommonFields.shown(name))")
        var values: [UInt64]?
        while cursor.remaining > 0 {
            let id = try cursor.u16()
            let body = try cursor.take(Int(try cursor.u16()))
            if id == Self.zip64ID {
                guard values == nil else { throw .structure(.zip64Field, "\(entry) has two ZIP64 fields") }
                guard body.count % 8 == 0, body.count <= 24 else {
                    throw .structure(.zip64Field, "\(entry) has a ZIP64 field of \(body.count) bytes")
                }
                var numbers = ByteCursor(body, of: "a ZIP64 field")
                var read: [UInt64] = []
                while numbers.remaining > 0 { read.append(try numbers.u64()) }
                values = read
            } else {
                guard Self.ignoredIDs.contains(id) else {
                    let name = String(id, radix: 16)
                    throw .structure(
                        .extraField, "\(entry) has the extra field 0x\(name), which readers take differently")
                }
                if id == Self.timesID, !Self.isTimes(body) {
                    throw .structure(.extraField, "\(entry) has an extra field of times that is malformed")
                }
            }
        }
        zip64 = values
    }

    /// Whether the body of a field is flags and at most as many times as they announce; bsdtar refuses one without.
    private static func isTimes(_ body: ArraySlice<UInt8>) -> Bool {
        guard let flags = body.first else { return false }
        return (body.count - 1) % 4 == 0 && (body.count - 1) / 4 <= (flags & 7).nonzeroBitCount
    }

    /// The header's values with those of the ZIP64 field in place of markers.
    ///
    /// A field without any marker is taken where it repeats the header's two sizes, as Python 3.11.2 writes it.
    ///
    /// - Throws: `BundleError`, code `structure`, when markers and field do not fit each other exactly.
    func resolve(_ fields: [UInt32], of name: ArraySlice<UInt8>) throws(BundleError) -> [UInt64] {
        let markers = fields.count { $0 == ZipFormat.marker32 }
        if markers == 0, let zip64, zip64 == fields.prefix(2).map(UInt64.init) { return fields.map(UInt64.init) }
        guard markers == (zip64?.count ?? 0) else {
            throw .structure(.zip64Field, "the ZIP64 field of \(ZipCommonFields.shown(name)) does not fit its header")
        }
        var values = (zip64 ?? [])[...]
        return fields.map { field in
            field == ZipFormat.marker32 ? values.popFirst() ?? UInt64(field) : UInt64(field)
        }
    }
}
