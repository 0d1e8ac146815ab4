// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

struct PackageRoundTripTests {
    private static let sizes = [0, 1, 65_535, 65_536, 65_537, 1 << 20, (3 << 20) + 7]

    /// No page of it is like another.
    private static func bytes(_ count: Int) -> [UInt8] {
        var block: [UInt8] = []
        for page in 0..<1024 {
            block += [
                UInt8(truncatingIfNeeded: page), UInt8(page >> 8), UInt8(truncatingIfNeeded: count ^ count >> 16),
            ]
            block += [UInt8](repeating: UInt8(truncatingIfNeeded: page &* 7), count: 4093)
        }
        return Array(block.prefix(count))
    }

    private static let sample: Sample = {
        var sample = Sample()
        sample.files = sizes.map { ("model/\($0).gguf", bytes($0)) } + [("model/größe.txt", [1, 2])]
        sample.metadata = Array("{\"a\":1}".utf8)
        return sample
    }()

    private var sample: Sample { Self.sample }

    @Test func fileGivesBackWhatWasPackaged() throws {
        let scratch = try Scratch()
        let target = scratch.path.appending("x.baimodel")
        let plan = try sample.plan(in: scratch)
        let measured = try PackageWriter.measure(plan)
        let written = try PackageWriter.write(plan, to: .file(target, replacing: false, readBack: true))
        #expect(written.size == measured)
        #expect(try scratch.folder.status(of: "x.baimodel")?.size == written.size.bytes)
        let reader = try PackageReader.open(target)
        #expect(reader.identity == written.identity)
        #expect(reader.content == written.content)
        #expect(reader.manifestBytes == written.manifest.bytes)
        #expect(reader.metadataBytes == sample.metadata)
        #expect(reader.manifest.version.description.hasPrefix("sha-"))
        let contents = try reader.contents(in: scratch)
        for file in sample.files { #expect(contents[file.name] == file.bytes) }
        #expect(contents["manifest.json"] == reader.manifestBytes)
        #expect(try scratch.folder.names().filter { $0.hasPrefix(".") } == [])
    }

    @Test func pipeGivesTheBytesOfTheFileAndIsReadAsItArrives() throws {
        let scratch = try Scratch()
        let target = scratch.path.appending("x.baimodel")
        let plan = try sample.plan(in: scratch)
        _ = try PackageWriter.write(plan, to: .file(target, replacing: false, readBack: false))
        let drain = try PipeDrain(in: scratch)
        let written = try PackageWriter.write(plan, to: .stream(drain.input))
        let piped = try drain.finish()
        #expect(piped == (try scratch.bytes("x.baimodel")))
        let reader = try PackageReader.open(piping: piped, in: scratch)
        #expect(reader.identity == written.identity)
        let contents = try reader.contents(in: scratch)
        for file in sample.files { #expect(contents[file.name] == file.bytes) }
        #expect(reader.signatureIsKnown)
        #expect(throws: BundleError.self) { try reader.read(into: nil) }
    }

    @Test func dataOfLargeEntriesStartsOnAPage() throws {
        let scratch = try Scratch()
        let target = scratch.path.appending("x.baimodel")
        _ = try PackageWriter.write(try sample.plan(in: scratch), to: .file(target, replacing: false, readBack: false))
        let archive = try scratch.bytes("x.baimodel")
        for file in sample.files where file.bytes.count >= 65_536 {
            let head = Array(file.bytes.prefix(64))
            let starts = stride(from: 0, to: archive.count - 64, by: 4096).filter {
                Array(archive[$0..<$0 + 64]) == head
            }
            #expect(starts.count == 1, "\(file.name)")
        }
    }

    @Test func sameInputGivesTheSameBytes() throws {
        let (first, second) = (try Scratch(), try Scratch())
        var shuffled = sample
        shuffled.files.reverse()
        for (scratch, sample) in [(first, sample), (second, shuffled)] {
            _ = try PackageWriter.write(
                try sample.plan(in: scratch),
                to: .file(scratch.path.appending("x.baimodel"), replacing: false, readBack: false))
        }
        #expect(try first.bytes("x.baimodel") == second.bytes("x.baimodel"))
    }

    @Test func unpackedFolderIsTheSamePackage() throws {
        let scratch = try Scratch()
        let target = scratch.path.appending("x.baimodel")
        let signature = Array("signature".utf8)
        let written = try PackageWriter.write(
            try sample.plan(in: scratch), to: .file(target, replacing: false, readBack: false),
            signing: { _ in signature })
        let unzip = try Program("unzip").run(["-q", target.string, "-d", scratch.path.appending("u").string])
        #expect(unzip.status == 0, "\(unzip)")
        let reader = try PackageReader.open(scratch.path.appending("u"))
        #expect(reader.identity == written.identity)
        #expect(reader.signature == signature)
        #expect(try reader.contents(in: scratch).count == sample.files.count + 2)
        _ = try PackageWriter.rewrite(
            reader, to: .file(scratch.path.appending("again.baimodel"), replacing: false, readBack: false))
        #expect(try scratch.bytes("again.baimodel") == scratch.bytes("x.baimodel"))
    }

    @Test func plainToolsAcceptThePackage() throws {
        let scratch = try Scratch()
        let target = scratch.path.appending("x.baimodel").string
        _ = try PackageWriter.write(
            try sample.plan(in: scratch), to: .file(FilePath(target), replacing: false, readBack: false),
            signing: { _ in Array("signature".utf8) })
        let test = try Program("unzip").run(["-t", target])
        #expect(test.status == 0 && test.text.contains("No errors"), "\(test)")
        let bsdtar = try Program("bsdtar").run(["-tf", target], environment: ["LC_ALL": "C.UTF-8"])
        #expect(bsdtar.status == 0, "\(bsdtar)")
        let list = try Program("unzip").run(["-Z1", target])
        #expect(list.status == 0, "\(list)")
        let names = Set(list.text.split(separator: "\n").map(String.init))
        #expect(names.count == sample.files.count + 4)
        let python = try Program("python3").run([
            "-c",
            "import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(len(z.namelist()))",
            target,
        ])
        #expect(python.text == "\(names.count)\n", "\(python)")
        let folder = scratch.path.appending("u").string
        #expect(try Program("unzip").run(["-q", target, "-d", folder]).status == 0)
        let sums = try Program("sha256sum").run(["--strict", "-c", "checksums.txt"], in: folder)
        #expect(sums.status == 0, "\(sums)")
    }

    @Test func readsZip64PartsThatAreNotNeeded() throws {
        var builder = ArchiveBuilder()
        for name in ["manifest.json", "checksums.txt"] {
            builder.add(name, try name == "manifest.json" ? Sample().manifest : Sample().checksums) {
                $0.useZip64()
            }
        }
        for file in Sample().files { builder.add(file.name, file.bytes) { $0.useZip64() } }
        builder.end64 = ArchiveBuilder.End64()
        builder.end.directoryOffset = .max
        let scratch = try Scratch()
        let contents = try PackageReader.open(builder.build(), in: scratch).contents(in: scratch)
        #expect(contents["model/a.gguf"] == Array("weights".utf8))
        let piped = try PackageReader.open(piping: builder.build(), in: scratch).contents(in: scratch)
        #expect(piped == contents)
    }
}
