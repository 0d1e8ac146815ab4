// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import SystemPackage
import TestSupport
import Testing

@testable import BundleKit

struct ZipLayoutTests {
    /// Writes headers and directory of a layout around holes.
    private func archive(_ layout: ZipLayout, in scratch: Scratch) throws -> OwnedDescriptor {
        let file = try scratch.folder.file(creating: "x.zip")
        var directory: [UInt8] = []
        for entry in layout.entries {
            try file.writeAll(entry.localHeader(crc32: 0), at: entry.headerOffset)
            directory += entry.centralHeader(crc32: 0)
        }
        let trailer = ZipLayout.trailer(directory, of: layout.entries.count, at: layout.endOffset)
        try file.writeAll(trailer, at: layout.endOffset)
        return file
    }

    @Test func sizesAndOffsetsBeyondFourGiBAreReadBack() throws {
        let scratch = try Scratch()
        var layout = ZipLayout()
        let sizes: [Int64] = [0, 0xffff_fffe, 0xffff_ffff, 0x1_0000_0000, 5 << 32, 70_000, 3]
        for (index, size) in sizes.enumerated() { try layout.append("model/\(index)", size: size) }
        let file = try archive(layout, in: scratch)
        #expect(try file.status().size == layout.size)
        let directory = try ZipDirectory(reading: FileZipSource(file: file, size: layout.size))
        #expect(directory.entries.map(\.size) == sizes)
        #expect(directory.entries.map(\.dataOffset) == layout.entries.map(\.dataOffset))
        for entry in directory.entries where entry.size >= 65_536 { #expect(entry.dataOffset % 4096 == 0) }
        let python = try Program("python3").run([
            "-c", "import sys,zipfile; print([i.file_size for i in zipfile.ZipFile(sys.argv[1]).infolist()])",
            scratch.path.appending("x.zip").string,
        ])
        #expect(python.text == "\(sizes)\n", "\(python)")
        for arguments in [["unzip", "-Z1"], ["bsdtar", "-tf"]] {
            let list = try Program(arguments[0]).run([arguments[1], scratch.path.appending("x.zip").string])
            #expect(list.status == 0 && list.text.split(separator: "\n").count == sizes.count, "\(list)")
        }
    }

    @Test(arguments: 0..<9)
    func paddingHasRoomForItsFieldAndIsAlwaysThere(_ shift: Int) throws {
        for length in [1, 100, 4000 + shift, 4054 + shift] {
            let entry = ZipPlacedEntry(name: "a", size: 65_536, at: Int64(length))
            #expect(entry.dataOffset % 4096 == 0)
            #expect((6..<4096 + 6).contains(entry.paddingBytes))
            let header = entry.localHeader(crc32: 0)
            #expect(Int64(header.count) == entry.dataOffset - entry.headerOffset)
            #expect(Array(header[31..<37]) == [0x35, 0xd9] + le(UInt16(entry.paddingBytes - 4)) + [0, 16])
        }
        #expect(ZipPlacedEntry(name: "a", size: 65_535, at: 0).paddingBytes == 0)
    }

    private func le(_ value: UInt16) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }

    @Test func manyEntriesNeedZip64() throws {
        let small = ZipLayout.trailer([], of: 65_534, at: 0)
        let large = ZipLayout.trailer([], of: 65_535, at: 0)
        #expect(small.count == 22)
        #expect(large.count == 22 + 56 + 20)
        #expect(Array(large[24..<32]) == [0xff, 0xff, 0, 0, 0, 0, 0, 0])
    }
}
