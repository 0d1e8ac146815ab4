// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import TestSupport
import Testing

/// One way to make another archive of the same content.
struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout ArchiveBuilder) -> Void

    init(_ description: String, _ change: @escaping @Sendable (inout ArchiveBuilder) -> Void) {
        testDescription = description
        self.change = change
    }
}

private let weights = "model/a.gguf"

struct HostileStructureTests {
    static let faults = headers + extras + types + ends + descriptors

    @Test(arguments: faults)
    func refuses(_ fault: Fault) throws {
        var builder = try Sample().builder()
        fault.change(&builder)
        let scratch = try Scratch()
        let error = #expect(throws: BundleError.self) { try PackageReader.open(builder.build(), in: scratch) }
        #expect(error?.identifier == fault.identifier, "\(error?.message ?? "")")
        #expect(error?.message.contains("validation failed") == true)
        #expect(error?.exitStatus == .invalidContent)
        #expect(throws: BundleError.self) {
            _ = try PackageReader.open(piping: builder.build(), in: scratch).contents(in: scratch)
        }
    }

    private static let harmless: [Change] = [
        Change("nothing changed") { _ in },
        Change("other order") { $0.entries.reverse() },
        Change("directory in other order than the data") { builder in
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
        Change("archive comment") { $0.end.comment = Array("made by hand".utf8) },
        Change("entry comment") { $0.change(weights) { $0.comment = Array("weights".utf8) } },
        Change("folders") {
            $0.add("model/", [])
            $0.add("prompts/", []) { $0.attributes = 0x10 }
        },
        Change("made by FAT") {
            $0.change(weights) {
                $0.madeBy = 20
                $0.attributes = 0x20
            }
        },
        Change("times, owners and padding") {
            $0.change(weights) {
                $0.central.extra = ArchiveBuilder.extraField(0x5455, [3, 0, 0, 0, 0])
                $0.local.extra =
                    ArchiveBuilder.extraField(0x7875, [1, 0]) + ArchiveBuilder.extraField(0xd935, [0, 16, 0])
            }
        },
        Change("descriptor") { $0.change(weights) { $0.useDescriptor() } },
        Change("descriptor without signature") { $0.change(weights) { $0.useDescriptor(signed: false) } },
        Change("wide descriptor") { $0.change(weights) { $0.useDescriptor(wide: true) } },
        Change("wide descriptor without signature") {
            $0.change(weights) { $0.useDescriptor(signed: false, wide: true) }
        },
        Change("descriptor on the manifest") { $0.change("manifest.json") { $0.useDescriptor() } },
        Change("ZIP64 sizes and end that are not needed") {
            $0.change(weights) { $0.useZip64() }
            $0.end64 = .init()
        },
        Change("setuid bits") { $0.change(weights) { $0.attributes = 0o104755 << 16 } },
        Change("unlisted model.sig") { $0.add("model.sig", [1, 2]) },
        Change("folder with descriptor") { $0.add("model/", []) { $0.useDescriptor() } },
        Change("signature with sizes and descriptor") {
            $0.add("checksums.txt.asc", [1, 2]) {
                $0.useDescriptor()
                $0.local.size = 2
                $0.local.compressedSize = 2
            }
        },
        Change("signature last") { $0.add("checksums.txt.asc", [1, 2]) },
    ]

    @Test(arguments: harmless)
    func accepts(_ change: Change) throws {
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
