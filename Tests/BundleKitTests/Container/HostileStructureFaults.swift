// SPDX-License-Identifier: Apache-2.0

import BundleKit
import TestSupport
import Testing

/// One way to break an archive, and what the reader has to say to it.
struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let identifier: String
    let change: @Sendable (inout ArchiveBuilder) -> Void

    init(_ description: String, _ rule: StructureRule, _ change: @escaping @Sendable (inout ArchiveBuilder) -> Void) {
        self.init(description, identifier: rule.identifier, change)
    }

    init(
        _ description: String, code: BundleError.Code, _ change: @escaping @Sendable (inout ArchiveBuilder) -> Void
    ) {
        self.init(description, identifier: code.rawValue, change)
    }

    private init(
        _ description: String, identifier: String, _ change: @escaping @Sendable (inout ArchiveBuilder) -> Void
    ) {
        testDescription = description
        self.identifier = identifier
        self.change = change
    }
}

private let weights = "model/a.gguf"
private let endSignature: [UInt8] = [0x50, 0x4b, 5, 6]

extension HostileStructureTests {
    static let headers: [Fault] = [
        Fault("compressed", code: .compressed) {
            $0.change(weights) {
                $0.local.method = 8
                $0.central.method = 8
            }
        },
        Fault("compressed by the central header alone", code: .compressed) {
            $0.change(weights) { $0.central.method = 8 }
        },
        Fault("compressed by the local header alone", code: .compressed) { $0.change(weights) { $0.local.method = 8 } },
        Fault("encrypted", code: .encrypted) {
            $0.change(weights) {
                $0.local.flags = 1
                $0.central.flags = 1
            }
        },
        Fault("strongly encrypted", code: .encrypted) { $0.change(weights) { $0.central.flags = 1 << 6 } },
        Fault("masked headers", code: .encrypted) { $0.change(weights) { $0.central.flags = 1 << 13 } },
        Fault("patch data", .flags) {
            $0.change(weights) {
                $0.local.flags = 1 << 5
                $0.central.flags = 1 << 5
            }
        },
        Fault("reserved flag", .flags) { $0.change(weights) { $0.central.flags = 1 << 14 } },
        Fault("needs a newer version", .version) { $0.change(weights) { $0.central.version = 63 } },
        Fault("needs a newer version locally", .version) { $0.change(weights) { $0.local.version = 51 } },
        Fault("another host", .host) { $0.change(weights) { $0.madeBy = 10 << 8 | 20 } },
        Fault("made by FAT with a name that is not ASCII", .host) { $0.add("model/größe", []) { $0.madeBy = 20 } },
        Fault("another disk", .multiDisk) { $0.change(weights) { $0.disk = 1 } },
        Fault("local name differs", .headerMismatch) {
            $0.change(weights) { $0.local.name = Array("model/b.gguf".utf8) }
        },
        Fault("local name in other case", .headerMismatch) {
            $0.change(weights) { $0.local.name = Array("model/A.gguf".utf8) }
        },
        Fault("local flags differ", .headerMismatch) { $0.change(weights) { $0.local.flags = 1 << 11 } },
        Fault("local time differs", .headerMismatch) { $0.change(weights) { $0.local.time = 1 } },
        Fault("local date differs", .headerMismatch) { $0.change(weights) { $0.local.date = 0x22 } },
        Fault("local CRC-32 differs", .headerMismatch) { $0.change(weights) { $0.local.crc32 ^= 1 } },
        Fault("local size differs", .headerMismatch) { $0.change(weights) { $0.local.size += 1 } },
        Fault("local stored size differs", .headerMismatch) { $0.change(weights) { $0.local.compressedSize -= 1 } },
        Fault("two sizes in both headers", .twoSizes) {
            $0.change(weights) {
                $0.local.size += 1
                $0.central.size += 1
            }
        },
        Fault("local size is zero without a descriptor", .headerMismatch) {
            $0.change(weights) {
                $0.local.size = 0
                $0.local.compressedSize = 0
            }
        },
        Fault("no local header", .overlap) { $0.change(weights) { $0.offset = 1 } },
        Fault("offset into another entry's data", .overlap) { $0.change(weights) { $0.offset = 40 } },
        Fault("offset beyond the file", .unreferencedBytes) { $0.change(weights) { $0.offset = 0x7fff_ffff } },
        Fault("two entries share one header", .overlap) {
            var copy = $0.entries[3]
            copy.isPresent = false
            copy.offset = 0
            $0.entries[3].isListed = false
            $0.entries.append(copy)
        },
        Fault("an entry that only the local headers have", .unreferencedBytes) {
            $0.change(weights) { $0.isListed = false }
        },
        Fault("an entry that only the directory has", .overlap) { $0.change(weights) { $0.isPresent = false } },
    ]

    static let extras: [Fault] = [
        Fault("Info-ZIP's Unicode path", .extraField) {
            $0.change(weights) {
                $0.central.extra = ArchiveBuilder.extraField(0x7075, [1, 0, 0, 0, 0] + Array("model/b".utf8))
            }
        },
        Fault("unknown extra field in the local header", .extraField) {
            $0.change(weights) { $0.local.extra = ArchiveBuilder.extraField(0x9901, [0, 0]) }
        },
        Fault("extra field that is longer than the extra bytes", .cutRecord) {
            $0.change(weights) { $0.central.extra = [0x55, 0x54, 9, 0, 1] }
        },
        Fault("times without flags", .extraField) {
            $0.change(weights) { $0.central.extra = ArchiveBuilder.extraField(0x5455, []) }
        },
        Fault("more times than announced", .extraField) {
            $0.change(weights) {
                $0.local.extra = ArchiveBuilder.extraField(0x5455, [1] + [UInt8](repeating: 0, count: 8))
            }
        },
        Fault("loose bytes behind the extra fields", .cutRecord) { $0.change(weights) { $0.local.extra = [0, 0, 0] } },
        Fault("two ZIP64 fields", .zip64Field) {
            $0.change(weights) {
                $0.useZip64()
                $0.central.extra += ArchiveBuilder.zip64Field([7, 7])
            }
        },
        Fault("ZIP64 field without a marker", .zip64Field) {
            $0.change(weights) { $0.central.extra = ArchiveBuilder.zip64Field([7]) }
        },
        Fault("marker without a ZIP64 field", .zip64Field) {
            $0.change(weights) {
                $0.central.size = .max
                $0.central.compressedSize = .max
            }
        },
        Fault("local ZIP64 field with one size", .zip64Field) {
            $0.change(weights) {
                $0.local.size = .max
                $0.local.extra = ArchiveBuilder.zip64Field([7])
            }
        },
        Fault("ZIP64 field with half a number", .zip64Field) {
            $0.change(weights) {
                $0.central.size = .max
                $0.central.extra = ArchiveBuilder.extraField(1, [7, 0, 0, 0])
            }
        },
        Fault("ZIP64 sizes that overflow", .overlap) {
            $0.change(weights) {
                $0.useZip64()
                let field = ArchiveBuilder.zip64Field([.max, .max])
                $0.central.extra = field
                $0.local.extra = field
            }
        },
        Fault("ZIP64 offset that overflows", .unreferencedBytes) {
            $0.change(weights) {
                $0.offset = .max
                $0.central.extra = ArchiveBuilder.zip64Field([.max - 1])
            }
        },
    ]

    static let types: [Fault] = [
        Fault("link", .link) { $0.change(weights) { $0.attributes = 0o120777 << 16 } },
        Fault("link made by FAT", .link) {
            $0.change(weights) {
                $0.madeBy = 20
                $0.attributes = 0o120777 << 16 | 0x8000
            }
        },
        Fault("pipe", .fileType) { $0.change(weights) { $0.attributes = 0o010644 << 16 } },
        Fault("device", .fileType) { $0.change(weights) { $0.attributes = 0o060644 << 16 } },
        Fault("file with a folder's mode", .fileType) { $0.change(weights) { $0.attributes = 0o040755 << 16 } },
        Fault("file with a folder's attribute", .fileType) { $0.change(weights) { $0.attributes |= 0x10 } },
        Fault("volume label", .fileType) { $0.change(weights) { $0.attributes |= 0x08 } },
        Fault("reparse point", .fileType) { $0.change(weights) { $0.attributes |= 0x400 } },
        Fault("folder with content", .folderContent) { $0.add("model/", [1]) },
        Fault("folder with a file's mode", .fileType) { $0.add("model/", []) { $0.attributes = 0o100644 << 16 } },
    ]

    static let ends: [Fault] = [
        Fault("no end record", code: .truncated) { $0.trailing = [UInt8](repeating: 0, count: 70_000) },
        Fault("a byte behind the end record", .trailingBytes) { $0.trailing = [0] },
        Fault("comment longer than the file", .comment) { $0.end.commentLength = 9 },
        Fault("comment with an end signature", .comment) { $0.end.comment = [1] + endSignature + [2] },
        Fault("comment with a whole end record", .directoryPlace) {
            var other = ArchiveBuilder()
            other.add("manifest.json", [])
            $0.end.comment = other.build()
        },
        Fault("number of this disk", .multiDisk) { $0.end.disk = 1 },
        Fault("disk of the directory", .multiDisk) { $0.end.directoryDisk = 1 },
        Fault("two counts", .twoCounts) { $0.end.countOnDisk = 1 },
        Fault("count too small", .entryCount) {
            $0.end.countOnDisk = 3
            $0.end.count = 3
        },
        Fault("count too large", .entryCount) {
            $0.end.countOnDisk = 5
            $0.end.count = 5
        },
        Fault("directory size too small", .directoryPlace) { $0.end.directorySize = 40 },
        Fault("directory size is huge", .directorySize) { $0.end.directorySize = 0x7fff_ffff },
        Fault("directory offset wrong", .directoryPlace) { $0.end.directoryOffset = 0 },
        Fault("directory offset beyond the file", .directoryPlace) { $0.end.directoryOffset = 0x7fff_ffff },
        Fault("ZIP64 marker without ZIP64 parts", .zip64End) { $0.end.directoryOffset = .max },
        Fault("prepended bytes", code: .notAPackage) { $0.prefix = Array("#!/bin/sh\n".utf8) },
        Fault("prepended entry", .directoryPlace) {
            var other = ArchiveBuilder()
            other.add("x", [1])
            $0.prefix = other.build()
        },
        Fault("gap between entries", .unreferencedBytes) { $0.change(weights) { $0.gap = [0] } },
        Fault("gap before the directory", .unreferencedBytes) { $0.gapBeforeDirectory = [0] },
        Fault("gap behind the directory", .directoryPlace) { $0.gapBehindDirectory = [0] },
        Fault("ZIP64 count differs", .twoCounts) {
            $0.end64 = .init()
            $0.end64?.count = 9
        },
        Fault("ZIP64 count of this disk differs", .twoCounts) {
            $0.end64 = .init()
            $0.end64?.countOnDisk = 9
        },
        Fault("ZIP64 offset differs", .zip64End) {
            $0.end64 = .init()
            $0.end64?.directoryOffset = 3
        },
        Fault("ZIP64 offset replaced and wrong", .directoryPlace) {
            $0.end64 = .init()
            $0.end64?.directoryOffset = 3
            $0.end.directoryOffset = .max
        },
        Fault("ZIP64 record is elsewhere", .zip64Locator) {
            $0.end64 = .init()
            $0.end64?.recordOffset = 0
        },
        Fault("ZIP64 record with additions", .zip64Record) {
            $0.end64 = .init()
            $0.end64?.recordSize = 52
        },
        Fault("ZIP64 disks", .multiDisk) {
            $0.end64 = .init()
            $0.end64?.disks = 2
        },
        Fault("ZIP64 disk of the record", .multiDisk) {
            $0.end64 = .init()
            $0.end64?.disk = 1
        },
        Fault("ZIP64 version", .zip64Record) {
            $0.end64 = .init()
            $0.end64?.version = 62
        },
        Fault("too many entries", code: .tooManyEntries) {
            $0.end64 = .init()
            $0.end64?.count = 65_537
            $0.end64?.countOnDisk = 65_537
            $0.end.count = .max
            $0.end.countOnDisk = .max
        },
    ]

    static let descriptors: [Fault] = [
        Fault("descriptor missing", .descriptor) {
            $0.change(weights) {
                $0.useDescriptor()
                $0.descriptor = []
            }
        },
        Fault("descriptor with another CRC-32", .descriptorMismatch) {
            $0.change(weights) {
                $0.useDescriptor()
                $0.descriptor[4] ^= 1
            }
        },
        Fault("descriptor with another size", .descriptorMismatch) {
            $0.change(weights) {
                $0.useDescriptor()
                $0.descriptor[12] ^= 1
            }
        },
        Fault("descriptor with another signature", .descriptor) {
            $0.change(weights) {
                $0.useDescriptor()
                $0.descriptor[3] = 9
            }
        },
        Fault("descriptor without its flag", .unreferencedBytes) {
            $0.change(weights) {
                $0.useDescriptor()
                $0.local = $0.central
                $0.local.flags = 0
                $0.central.flags = 0
            }
        },
        Fault("wide descriptor without a ZIP64 field", .descriptor) {
            $0.change(weights) {
                $0.useDescriptor(wide: true)
                $0.local.extra = []
                $0.local.size = 0
                $0.local.compressedSize = 0
            }
        },
        Fault("bytes behind the descriptor", .descriptor) {
            $0.change(weights) {
                $0.useDescriptor()
                $0.descriptor += [0]
            }
        },
    ]
}
