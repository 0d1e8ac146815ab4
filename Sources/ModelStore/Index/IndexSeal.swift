// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// The checksum that an index carries of itself: the CRC-32 of its bytes, those of the checksum taken as 0.
///
/// It stands in the field of SQLite's header that SQLite keeps and never looks at (`application_id`), so that file and
/// checksum get their name in one rename. A file without it, an older one for example, is made anew.
enum IndexSeal {
    /// Where a SQLite file has its `application_id`, big-endian.
    private static let field = 68..<72
    private static let blockBytes = 1 << 20

    /// Writes the checksum of a finished file into it.
    ///
    /// - Throws: `FileError`.
    static func apply(to file: OwnedDescriptor) throws(FileError) {
        let sum = try checksum(of: file).actual.bigEndian
        try file.writeAll(withUnsafeBytes(of: sum) { Array($0) }, at: Int64(field.lowerBound))
    }

    /// Whether a file is as it was published.
    ///
    /// - Throws: `FileError`.
    static func isWhole(_ file: OwnedDescriptor) throws(FileError) -> Bool {
        let sum = try checksum(of: file)
        return sum.written == sum.actual
    }

    private static func checksum(of file: OwnedDescriptor) throws(FileError) -> (written: UInt32?, actual: UInt32) {
        var crc = CRC32()
        var written: UInt32?
        var failure: FileError?
        withUnsafeTemporaryAllocation(byteCount: blockBytes, alignment: 4096) { buffer in
            var fileOffset: Int64 = 0
            do throws(FileError) {
                while true {
                    let count = try file.read(at: fileOffset, into: buffer)
                    if fileOffset == 0, count >= field.upperBound {
                        written = UInt32(
                            bigEndian: buffer.loadUnaligned(fromByteOffset: field.lowerBound, as: UInt32.self))
                        for position in field { buffer[position] = 0 }
                    }
                    crc.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    fileOffset += Int64(count)
                    if count < buffer.count { return }
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return (written, crc.value)
    }
}
