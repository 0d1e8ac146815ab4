// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

/// What holds for every package, tried on many that are made by chance, the same at every run.
struct PropertyTests {
    private static let sizes = [0, 1, 2, 511, 4095, 4096, 4097, 65_535, 65_536, 65_537, 100_000, 1 << 20]
    private static let characters = Array("abcxyzABC0189._-()[]{}~#%&+,;=@ äßéñ漢字🙂'!$")

    private static func name(_ random: inout SeededGenerator) -> String {
        let parts = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            let length = Int.random(in: 1...12, using: &random)
            let text = String((0..<length).map { _ in random.pick(characters, or: "x") })
            return "x\(text)x"
        }
        return "model/" + parts.joined(separator: "/")
    }

    /// Files of names and contents that no two packages share.
    private static func sample(_ random: inout SeededGenerator) -> Sample {
        var sample = Sample()
        var files: [String: [UInt8]] = [:]
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let own = name(&random)
            let isFree = files.keys.allSatisfy {
                let (left, right) = (EntryName.folded($0), EntryName.folded(own))
                return left != right && !left.hasPrefix(right + "/") && !right.hasPrefix(left + "/")
            }
            guard isFree else { continue }
            let size = random.pick(sizes, or: 0)
            let seed = random.next()
            files[own] = (0..<size).map { UInt8(truncatingIfNeeded: UInt64($0) &* (seed | 1) >> 11) }
        }
        sample.files = files.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
        if Bool.random(using: &random) { sample.metadata = Array("{\"n\": \(random.next() >> 1)}".utf8) }
        return sample
    }

    @Test(arguments: 0..<24)
    func writingAndReadingGivesTheSame(_ number: Int) throws {
        var random = SeededGenerator(seed: UInt64(number))
        let sample = Self.sample(&random)
        let scratch = try Scratch()
        let target = scratch.path.appending("x.baimodel")
        let plan = try sample.plan(in: scratch)
        let written = try PackageWriter.write(plan, to: .file(target, replacing: false, readBack: false))
        let bytes = try scratch.bytes("x.baimodel")
        for reader in [try PackageReader.open(target), try .open(piping: bytes, in: scratch)] {
            let contents = try reader.contents(in: scratch)
            for file in sample.files { #expect(contents[file.name] == file.bytes, "\(file.name)") }
            #expect(contents["metadata.json"] == sample.metadata)
            #expect(contents.count == sample.files.count + (sample.metadata == nil ? 1 : 2))
            #expect(reader.identity == written.identity)
        }
        let drain = try PipeDrain(in: scratch)
        _ = try PackageWriter.write(plan, to: .stream(drain.input))
        #expect(try drain.finish() == bytes)
    }

    /// An archive with everything in it that a reader accepts.
    private static func rich() throws -> ArchiveBuilder {
        var builder = try Sample().builder()
        builder.add("model/", [])
        builder.add("checksums.txt.asc", Array("signature".utf8))
        builder.change("model/a.gguf") {
            $0.useDescriptor(wide: true)
            $0.comment = Array("comment".utf8)
        }
        builder.change("model/LICENSE") {
            $0.useZip64()
            $0.local.extra += ArchiveBuilder.extraField(0x5455, [1, 0, 0, 0, 0])
            $0.central.extra += ArchiveBuilder.extraField(0x7875, [1, 1, 0, 1, 0])
        }
        builder.end64 = .init()
        builder.end.comment = Array("archive".utf8)
        return builder
    }

    /// What is read, but for text that nobody takes over.
    private static func reading(_ reader: PackageReader, in scratch: Scratch) throws -> [String: [UInt8]] {
        var contents = try reader.contents(in: scratch)
        contents["checksums.txt"] = reader.checksumsBytes
        contents["checksums.txt.asc"] = reader.signature
        return contents
    }

    @Test func aFlippedBitOfAnArchiveWithEverythingIsAnErrorOrChangesNothing() throws {
        let scratch = try Scratch()
        let bytes = try Self.rich().build()
        let original = try Self.reading(PackageReader.open(bytes, in: scratch), in: scratch)
        var random = SeededGenerator(seed: 1)
        for index in bytes.indices {
            var flipped = bytes
            flipped[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let ways = [PackageReader.open(_:in:), PackageReader.open(piping:in:)]
            for open in index % 4 == 0 ? ways : [ways[0]] {
                do {
                    #expect(try Self.reading(open(flipped, scratch), in: scratch) == original, "byte \(index)")
                } catch is BundleError {}
            }
        }
    }

    @Test func aFlippedBitOfAnAlignedEntryIsAnErrorOrChangesNothing() throws {
        let scratch = try Scratch()
        var sample = Sample()
        sample.files[0].bytes = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let target = scratch.path.appending("x.baimodel")
        _ = try PackageWriter.write(try sample.plan(in: scratch), to: .file(target, replacing: false, readBack: false))
        let bytes = try scratch.bytes("x.baimodel")
        let original = try Self.reading(PackageReader.open(target), in: scratch)
        let file = try scratch.folder.file(creating: "flipped")
        try file.writeAll(bytes, at: 0)
        let flippedPath = scratch.path.appending("flipped")
        for index in stride(from: 0, to: bytes.count, by: 61) {
            try file.writeAll([bytes[index] ^ 1 << UInt8(index % 8)], at: Int64(index))
            do {
                #expect(try Self.reading(PackageReader.open(flippedPath), in: scratch) == original, "byte \(index)")
            } catch is BundleError {}
            try file.writeAll([bytes[index]], at: Int64(index))
        }
    }
}
