// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

/// Files whose loading can run code are recognised by what is in them, whatever they are called and carried in.
struct RecognisedContentTests {
    private static let pickle: [UInt8] = [0x80, 2, 0x7d, 0x71, 0, 0x2e]

    /// A ZIP file of PyTorch whose only mark stands far from its start and its end.
    private static func torch(padding: Int) -> [UInt8] {
        var builder = ArchiveBuilder()
        builder.add("a/data/0", [UInt8](repeating: 7, count: padding))
        builder.add("a/data.pkl", pickle)
        builder.add("a/data/1", [UInt8](repeating: 7, count: padding))
        builder.end.comment = []
        return builder.build()
    }

    private static let sample: Sample = {
        var sample = Sample()
        sample.files += [
            ("model/notes.txt", pickle), ("model/table.csv", torch(padding: 2_500_000)),
            ("model/old.pkl", [0x49, 0x31]),
            ("model/words.txt", Array("cat\ndog\n".utf8)),
        ]
        return sample
    }()

    private static let running = ["model/notes.txt", "model/old.pkl", "model/table.csv"]

    private func check(_ reader: PackageReader, afterOpening: [String]) throws {
        #expect(reader.recognisedContents.keys.sorted() == afterOpening)
        let verdicts = try reader.read(into: nil)
        #expect(verdicts.filter { $0.content == .pickle }.map(\.file.path).sorted() == Self.running)
        #expect(reader.recognisedContents.keys.sorted() == Self.running)
        let warning = reader.warnings.first { $0.identifier == "model.pickle" }
        #expect(Self.running.allSatisfy { warning?.message.contains($0) == true })
    }

    @Test func filesAreRecognisedInAPackage() throws {
        let scratch = try Scratch()
        let bytes = try Self.sample.builder().build()
        try check(try PackageReader.open(bytes, in: scratch), afterOpening: Self.running)
        try check(try PackageReader.open(piping: bytes, in: scratch), afterOpening: [])
    }

    @Test func filesAreRecognisedInATarBundleAndAFolder() throws {
        let scratch = try Scratch()
        var tar = TarBuilder()
        tar.add("manifest.json", try Self.sample.manifest)
        tar.add("checksums.txt", try Self.sample.checksums)
        try scratch.write("p/manifest.json", Self.sample.manifest)
        try scratch.write("p/checksums.txt", Self.sample.checksums)
        for file in Self.sample.files {
            tar.add(file.name, file.bytes)
            try scratch.write("p/\(file.name)", file.bytes)
        }
        try check(try PackageReader.open(try scratch.write("x.tar", tar.bytes)), afterOpening: Self.running)
        try check(try PackageReader.open(scratch.path.appending("p")), afterOpening: Self.running)
    }

    /// A central directory of more than a megabyte keeps the mark out of the first look; reading finds it.
    @Test func aMarkInTheMiddleIsFoundByReading() throws {
        let scratch = try Scratch()
        var torch = ArchiveBuilder()
        torch.add("a/0", [UInt8](repeating: 7, count: 100_000))
        torch.add("a/data.pkl", Self.pickle)
        for number in 0..<5000 { torch.add("a/" + String(repeating: "x", count: 240) + "\(number)", []) }
        var sample = Sample()
        sample.files.append(("model/x.bin", torch.build()))
        let reader = try PackageReader.open(try sample.builder().build(), in: scratch)
        #expect(reader.recognisedContents.isEmpty)
        _ = try reader.contents(in: scratch)
        #expect(reader.recognisedContents == ["model/x.bin": .pickle])
    }

    @Test func aPackageWithoutSuchFilesHasNoWarning() throws {
        let scratch = try Scratch()
        let reader = try PackageReader.open(try Sample().builder().build(), in: scratch)
        _ = try reader.read(into: nil)
        #expect(reader.warnings.isEmpty)
    }
}
