// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import TestSupport
import Testing

/// One way to break an archive, and what the reader has to say to it.
struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: BundleError.Code
    let change: @Sendable (inout ArchiveBuilder) -> Void

    init(
        _ description: String, _ code: BundleError.Code = .structure,
        _ change: @escaping @Sendable (inout ArchiveBuilder) -> Void
    ) {
        testDescription = description
        self.code = code
        self.change = change
    }
}

private let weights = "model/a.gguf"
private let endSignature: [UInt8] = [0x50, 0x4b, 5, 6]

struct HostileStructureTests {
    private static let headers: [Fault] = [
        Fault("compressed", .compressed) {
            $0.change(weights) {
                $0.local.method = 8
                $0.central.method = 8
            }
        },
        Fault("compressed by the central header alone", .compressed) { $0.change(weights) { $0.central.method = 8 } },
        Fault("compressed by the local header alone", .compressed) { $0.change(weights) { $0.local.method = 8 } },
        Fault("encrypted", .encrypted) {
            $0.change(weights) {
                $0.local.flags = 1
                $0.central.flags = 1
            }
        },
        Fault("strongly encrypted", .encrypted) { $0.change(weights) { $0.central.flags = 1 << 6 } },
        Fault("masked headers", .encrypted) { $0.change(weights) { $0.central.flags = 1 << 13 } },
        Fault("patch data") {
            $0.change(weights) {
                $0.local.flags = 1 << 5
                $0.central.flags = 1 << 5
            }
        },
        Fault("reserved flag") { $0.change(weights) { $0.central.flags = 1 << 14 } },
        Fault("needs a newer version") { $0.change(weights) { $0.central.version = 63 } },
        Fault("needs a newer version locally") { $0.change(weights) { $0.local.version = 51 } },
        Fault("another host") { $0.change(weights) { $0.madeBy = 10 << 8 | 20 } },
        Fault("another disk") { $0.change(weights) { $0.disk = 1 } },
        Fault("local name differs") { $0.change(weights) { $0.local.name = Array("model/b.gguf".utf8) } },
        Fault("local name in other case") { $0.change(weights) { $0.local.name = Array("model/A.gguf".utf8) } },
        Fault("local flags differ") { $0.change(weights) { $0.local.flags = 1 << 11 } },
        Fault("local time differs") { $0.change(weights) { $0.local.time = 1 } },
        Fault("local date differs") { $0.change(weights) { $0.local.date = 0x22 } },
        Fault("local CRC-32 differs") { $0.change(weights) { $0.local.crc32 ^= 1 } },
        Fault("local size differs") { $0.change(weights) { $0.local.size += 1 } },
        Fault("local stored size differs") { $0.change(weights) { $0.local.compressedSize -= 1 } },
        Fault("two sizes in both headers") {
            $0.change(weights) {
                $0.local.size += 1
                $0.central.size += 1
            }
        },
        Fault("local size is zero without a descriptor") {
            $0.change(weights) {
                $0.local.size = 0
                $0.local.compressedSize = 0
            }
        },
        Fault("no local header") { $0.change(weights) { $0.offset = 1 } },
        Fault("offset into another entry's data") { $0.change(weights) { $0.offset = 40 } },
        Fault("offset beyond the file") { $0.change(weights) { $0.offset = 0x7fff_ffff } },
        Fault("two entries share one header") {
            var copy = $0.entries[3]
            copy.isPresent = false
            copy.offset = 0
            $0.entries[3].isListed = false
            $0.entries.append(copy)
        },
        Fault("an entry that only the local headers have") { $0.change(weights) { $0.isListed = false } },
        Fault("an entry that only the directory has") { $0.change(weights) { $0.isPresent = false } },
    ]

    private static let extras: [Fault] = [
        Fault("Info-ZIP's Unicode path") {
            $0.change(weights) {
                $0.central.extra = ArchiveBuilder.extraField(0x7075, [1, 0, 0, 0, 0] + Array("model/b".utf8))
            }
        },
        Fault("unknown extra field in the local header") {
            $0.change(weights) { $0.local.extra = ArchiveBuilder.extraField(0x9901, [0, 0]) }
        },
        Fault("extra field that is longer than the extra bytes") {
            $0.change(weights) { $0.central.extra = [0x55, 0x54, 9, 0, 1] }
        },
        Fault("loose bytes behind the extra fields") { $0.change(weights) { $0.local.extra = [0, 0, 0] } },
        Fault("two ZIP64 fields") {
            $0.change(weights) {
                $0.useZip64()
                $0.central.extra += ArchiveBuilder.zip64Field([7, 7])
            }
        },
        Fault("ZIP64 field without a marker") {
            $0.change(weights) { $0.central.extra = ArchiveBuilder.zip64Field([7]) }
        },
        Fault("marker without a ZIP64 field") {
            $0.change(weights) {
                $0.central.size = .max
                $0.central.compressedSize = .max
            }
        },
        Fault("local ZIP64 field with one size") {
            $0.change(weights) {
                $0.local.size = .max
                $0.local.extra = ArchiveBuilder.zip64Field([7])
            }
        },
        Fault("ZIP64 field with half a number") {
            $0.change(weights) {
                $0.central.size = .max
                $0.central.extra = ArchiveBuilder.extraField(1, [7, 0, 0, 0])
            }
        },
        Fault("ZIP64 sizes that overflow") {
            $0.change(weights) {
                $0.useZip64()
                let field = ArchiveBuilder.zip64Field([.max, .max])
                $0.central.extra = field
                $0.local.extra = field
            }
        },
        Fault("ZIP64 offset that overflows") {
            $0.change(weights) {
                $0.offset = .max
                $0.central.extra = ArchiveBuilder.zip64Field([.max - 1])
            }
        },
    ]

    private static let types: [Fault] = [
        Fault("link") { $0.change(weights) { $0.attributes = 0o120777 << 16 } },
        Fault("link made by FAT") {
            $0.change(weights) {
                $0.madeBy = 20
                $0.attributes = 0o120777 << 16 | 0x8000
            }
        },
        Fault("pipe") { $0.change(weights) { $0.attributes = 0o010644 << 16 } },
        Fault("device") { $0.change(weights) { $0.attributes = 0o060644 << 16 } },
        Fault("file with a folder's mode") { $0.change(weights) { $0.attributes = 0o040755 << 16 } },
        Fault("file with a folder's attribute") { $0.change(weights) { $0.attributes |= 0x10 } },
        Fault("volume label") { $0.change(weights) { $0.attributes |= 0x08 } },
        Fault("reparse point") { $0.change(weights) { $0.attributes |= 0x400 } },
        Fault("folder with content") { $0.add("model/", [1]) },
        Fault("folder with a file's mode") { $0.add("model/", []) { $0.attributes = 0o100644 << 16 } },
    ]

    private static let ends: [Fault] = [
        Fault("no end record", .truncated) { $0.trailing = [UInt8](repeating: 0, count: 70_000) },
        Fault("a byte behind the end record") { $0.trailing = [0] },
        Fault("comment longer than the file") { $0.end.commentLength = 9 },
        Fault("comment with an end signature") { $0.end.comment = [1] + endSignature + [2] },
        Fault("comment with a whole end record") {
            var other = ArchiveBuilder()
            other.add("manifest.json", [])
            $0.end.comment = other.build()
        },
        Fault("number of this disk") { $0.end.disk = 1 },
        Fault("disk of the directory") { $0.end.directoryDisk = 1 },
        Fault("two counts") { $0.end.countOnDisk = 1 },
        Fault("count too small") {
            $0.end.countOnDisk = 3
            $0.end.count = 3
        },
        Fault("count too large") {
            $0.end.countOnDisk = 5
            $0.end.count = 5
        },
        Fault("directory size too small") { $0.end.directorySize = 40 },
        Fault("directory size is huge") { $0.end.directorySize = 0x7fff_ffff },
        Fault("directory offset wrong") { $0.end.directoryOffset = 0 },
        Fault("directory offset beyond the file") { $0.end.directoryOffset = 0x7fff_ffff },
        Fault("ZIP64 marker without ZIP64 parts") { $0.end.directoryOffset = .max },
        Fault("prepended bytes", .notAPackage) { $0.prefix = Array("#!/bin/sh\n".utf8) },
        Fault("prepended entry") {
            var other = ArchiveBuilder()
            other.add("x", [1])
            $0.prefix = other.build()
        },
        Fault("gap between entries") { $0.change(weights) { $0.gap = [0] } },
        Fault("gap before the directory") { $0.gapBeforeDirectory = [0] },
        Fault("gap behind the directory") { $0.gapBehindDirectory = [0] },
        Fault("ZIP64 count differs") {
            $0.end64 = .init()
            $0.end64?.count = 9
        },
        Fault("ZIP64 count of this disk differs") {
            $0.end64 = .init()
            $0.end64?.countOnDisk = 9
        },
        Fault("ZIP64 offset differs") {
            $0.end64 = .init()
            $0.end64?.directoryOffset = 3
        },
        Fault("ZIP64 offset replaced and wrong") {
            $0.end64 = .init()
            $0.end64?.directoryOffset = 3
            $0.end.directoryOffset = .max
        },
        Fault("ZIP64 record is elsewhere") {
            $0.end64 = .init()
            $0.end64?.recordOffset = 0
        },
        Fault("ZIP64 record with additions") {
            $0.end64 = .init()
            $0.end64?.recordSize = 52
        },
        Fault("ZIP64 disks") {
            $0.end64 = .init()
            $0.end64?.disks = 2
        },
        Fault("ZIP64 disk of the record") {
            $0.end64 = .init()
            $0.end64?.disk = 1
        },
        Fault("ZIP64 version") {
            $0.end64 = .init()
            $0.end64?.version = 62
        },
        Fault("too many entries", .tooManyEntries) {
            $0.end64 = .init()
            $0.end64?.count = 65_537
            $0.end64?.countOnDisk = 65_537
            $0.end.count = .max
            $0.end.countOnDisk = .max
        },
    ]

    private static let descriptors: [Fault] = [
        Fault("descriptor missing") {
            $0.change(weights) {
                $0.useDescriptor()
                $0.descriptor = []
            }
        },
        Fault("descriptor with another CRC-32") {
            $0.change(weights) {
                $0.useDescriptor()
                $0.descriptor[4] ^= 1
            }
        },
        Fault("descriptor with another size") {
            $0.change(weights) {
                $0.useDescriptor()
                $0.descriptor[12] ^= 1
            }
        },
        Fault("descriptor with another signature") {
            $0.change(weights) {
                $0.useDescriptor()
                $0.descriptor[3] = 9
            }
        },
        Fault("descriptor without its flag") {
            $0.change(weights) {
                $0.useDescriptor()
                $0.local = $0.central
                $0.local.flags = 0
                $0.central.flags = 0
            }
        },
        Fault("wide descriptor without a ZIP64 field") {
            $0.change(weights) {
                $0.useDescriptor(wide: true)
                $0.local.extra = []
                $0.local.size = 0
                $0.local.compressedSize = 0
            }
        },
        Fault("bytes behind the descriptor") {
            $0.change(weights) {
                $0.useDescriptor()
                $0.descriptor += [0]
            }
        },
    ]

    @Test(arguments: headers + extras + types + ends + descriptors)
    func refuses(_ fault: Fault) throws {
        var builder = try Sample().builder()
        fault.change(&builder)
        let scratch = try Scratch()
        let error = #expect(throws: BundleError.self) { try PackageReader.open(builder.build(), in: scratch) }
        #expect(error?.code == fault.code, "\(error?.message ?? "")")
        #expect(error?.message.contains("validation failed") == true)
        #expect(error?.exitStatus == .invalidContent)
        #expect(throws: BundleError.self) {
            _ = try PackageReader.open(piping: builder.build(), in: scratch).contents(in: scratch)
        }
    }

    private static let harmless: [Fault] = [
        Fault("nothing changed") { _ in },
        Fault("other order") { $0.entries.reverse() },
        Fault("directory in other order than the data") { builder in
            var listed = builder.entries
            for index in builder.entries.indices { builder.entries[index].isListed = false }
            var offset: UInt32 = 0
            for index in listed.indices {
                listed[index].isPresent = false
                listed[index].offset = offset
                offset += UInt32(30 + listed[index].local.name.count + listed[index].data.count)
            }
            builder.entries += listed.reversed()
        },
        Fault("archive comment") { $0.end.comment = Array("made by hand".utf8) },
        Fault("entry comment") { $0.change(weights) { $0.comment = Array("weights".utf8) } },
        Fault("folders") {
            $0.add("model/", [])
            $0.add("prompts/", []) { $0.attributes = 0x10 }
        },
        Fault("made by FAT") {
            $0.change(weights) {
                $0.madeBy = 20
                $0.attributes = 0x20
            }
        },
        Fault("times, owners and padding") {
            $0.change(weights) {
                $0.central.extra = ArchiveBuilder.extraField(0x5455, [3, 0, 0, 0, 0])
                $0.local.extra =
                    ArchiveBuilder.extraField(0x7875, [1, 0]) + ArchiveBuilder.extraField(0xd935, [0, 16, 0])
            }
        },
        Fault("descriptor") { $0.change(weights) { $0.useDescriptor() } },
        Fault("descriptor without signature") { $0.change(weights) { $0.useDescriptor(signed: false) } },
        Fault("wide descriptor") { $0.change(weights) { $0.useDescriptor(wide: true) } },
        Fault("wide descriptor without signature") {
            $0.change(weights) { $0.useDescriptor(signed: false, wide: true) }
        },
        Fault("descriptor on the manifest") { $0.change("manifest.json") { $0.useDescriptor() } },
        Fault("ZIP64 sizes and end that are not needed") {
            $0.change(weights) { $0.useZip64() }
            $0.end64 = .init()
        },
        Fault("setuid bits") { $0.change(weights) { $0.attributes = 0o104755 << 16 } },
        Fault("unlisted model.sig") { $0.add("model.sig", [1, 2]) },
        Fault("folder with descriptor") { $0.add("model/", []) { $0.useDescriptor() } },
        Fault("signature with sizes and descriptor") {
            $0.add("checksums.txt.asc", [1, 2]) {
                $0.useDescriptor()
                $0.local.size = 2
                $0.local.compressedSize = 2
            }
        },
        Fault("signature last") { $0.add("checksums.txt.asc", [1, 2]) },
    ]

    @Test(arguments: harmless)
    func accepts(_ change: Fault) throws {
        var builder = try Sample().builder()
        change.change(&builder)
        let scratch = try Scratch()
        let file = try PackageReader.open(builder.build(), in: scratch)
        let stream = try PackageReader.open(piping: builder.build(), in: scratch)
        for reader in [file, stream] {
            let contents = try reader.contents(in: scratch)
            #expect(contents.count == 3)
            #expect(contents[weights] == Array("weights".utf8))
            #expect(reader.signatureIsKnown)
        }
        #expect(file.signature == stream.signature)
        #expect(file.warnings == stream.warnings)
    }
}
