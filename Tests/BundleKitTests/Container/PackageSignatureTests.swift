// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import SystemPackage
import TestSupport
import Testing

struct PackageSignatureTests {
    private let first = Array("-----first-----\n".utf8)
    private let second = Array("-----second, and longer-----\n".utf8)

    private func journal(_ package: [UInt8], from offset: Int) throws -> [UInt8] {
        var bytes = Array("baigo-undo 1\n".utf8)
        for number in [package.count, offset] { withUnsafeBytes(of: UInt64(number).littleEndian) { bytes += $0 } }
        bytes += package[offset...]
        return bytes + (try SHA256Digest(of: bytes)).bytes
    }

    private func directoryOffset(_ package: [UInt8]) -> Int {
        package[(package.count - 6)..<(package.count - 2)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    @Test func addsAndReplacesWithoutTouchingTheData() throws {
        let scratch = try Scratch()
        let unsigned = try Sample().builder().build()
        let path = try scratch.write("x.baimodel", unsigned)
        let inode = try scratch.folder.status(of: "x.baimodel")?.inode
        for signature in [first, second, first] {
            try PackageSignature.replace(in: path, with: signature)
            let reader = try PackageReader.open(path)
            #expect(reader.signature == signature)
            #expect(try reader.contents(in: scratch)["model/a.gguf"] == Array("weights".utf8))
            let offset = directoryOffset(unsigned)
            #expect(try scratch.bytes("x.baimodel").prefix(offset) == unsigned.prefix(offset))
            #expect(try scratch.folder.names().filter { $0.contains("undo") }.isEmpty)
            let test = try Program("unzip").run(["-t", path.string])
            #expect(test.status == 0, "\(test)")
        }
        #expect(try scratch.folder.status(of: "x.baimodel")?.inode == inode)
    }

    @Test func keepsACommentAndForeignHeaders() throws {
        let scratch = try Scratch()
        var builder = try Sample().builder()
        builder.end.comment = Array("hello".utf8)
        builder.change("model/a.gguf") { $0.useDescriptor() }
        builder.add("model/", [])
        let path = try scratch.write("x.baimodel", builder.build())
        try PackageSignature.replace(in: path, with: first)
        #expect(try PackageReader.open(path).signature == first)
        #expect(try scratch.bytes("x.baimodel").suffix(5) == Array("hello".utf8))
    }

    @Test func earlySignatureIsReplacedInANewFile() throws {
        let scratch = try Scratch()
        var builder = ArchiveBuilder()
        builder.add("manifest.json", try Sample().manifest)
        builder.add("checksums.txt", try Sample().checksums)
        builder.add("checksums.txt.asc", second)
        for file in Sample().files { builder.add(file.name, file.bytes) }
        let path = try scratch.write("x.baimodel", builder.build())
        #expect(path.withPlatformString { chmod($0, 0o640) } == 0)
        let identity = try PackageReader.open(path).identity
        try PackageSignature.replace(in: path, with: first)
        let reader = try PackageReader.open(path)
        #expect(reader.signature == first)
        #expect(reader.identity == identity)
        #expect(try reader.contents(in: scratch).count == 3)
        #expect(try scratch.folder.status(of: "x.baimodel")?.mode == 0o640)
    }

    /// The package as it may be found when signing was interrupted at `offset`.
    private func halves(of package: [UInt8], at offset: Int) -> [[UInt8]] {
        [
            package, Array(package.prefix(offset)), package.prefix(offset) + [1, 2, 3],
            package.prefix(offset) + [UInt8](repeating: 9, count: 5000),
        ]
    }

    @Test func interruptedSigningIsReadThroughAndUndoneByTheNextSignature() throws {
        let scratch = try Scratch()
        let unsigned = try Sample().builder().build()
        let name = "x.baimodel"
        let path = try scratch.write(name, unsigned)
        try PackageSignature.replace(in: path, with: second)
        let signed = try scratch.bytes(name)
        for (package, signature) in [(unsigned, nil), (signed, second)] {
            let offset = directoryOffset(unsigned)
            let saved = try journal(package, from: offset)
            for half in halves(of: package, at: offset) {
                try scratch.write(name, half)
                try scratch.write("\(name).baigo-undo", saved)
                let reader = try PackageReader.open(path)
                #expect(reader.signature == signature)
                #expect(reader.warnings.map(\.identifier).contains("bundle.interrupted-signing") == (half != package))
                #expect(try reader.contents(in: scratch)["model/a.gguf"] == Array("weights".utf8))
                // Who reads leaves everything as it is.
                #expect(try scratch.bytes(name) == half)
                #expect(try scratch.bytes("\(name).baigo-undo") == saved)
                #expect(try PackageSignature.replace(in: path, with: first) == (half != package))
                #expect(try PackageReader.open(path).signature == first)
                #expect(try scratch.bytes(name).prefix(offset) == unsigned.prefix(offset))
                #expect(try scratch.folder.status(of: "\(name).baigo-undo") == nil)
            }
        }
    }

    @Test func interruptedSigningIsReadThroughInOtherContainersToo() throws {
        let scratch = try Scratch()
        let package = try Sample().builder().build()
        let offset = directoryOffset(package)
        let path = try scratch.write("x.baimodel", package.prefix(offset) + [1, 2, 3])
        try scratch.write("x.baimodel.baigo-undo", try journal(package, from: offset))
        _ = try PackageWriter.rewrite(
            try PackageReader.open(path), as: .folder,
            to: .file(scratch.path.appending("out"), replacing: false, readBack: false))
        let folder = try scratch.folder.folder("out")
        #expect(try folder.folder("model").bytes(of: "a.gguf") == Array("weights".utf8))
        #expect(try folder.bytes(of: "checksums.txt") == Sample().checksums)
    }

    @Test func journalThatIsNotWholeOrNotOursChangesNothing() throws {
        let scratch = try Scratch()
        let package = try Sample().builder().build()
        let path = try scratch.write("x.baimodel", package)
        let offset = directoryOffset(package)
        var flipped = try journal(package, from: offset)
        flipped[40] ^= 1
        var foreign = package
        foreign[offset] ^= 1
        var other = Sample()
        other.files[0].bytes = Array("other weights".utf8)
        let journals = [
            [], flipped, Array(try journal(package, from: offset).dropLast()), try journal(foreign, from: offset),
            try journal(foreign, from: 0), try journal(try other.builder().build(), from: 0),
        ]
        for bytes in journals {
            try scratch.write("x.baimodel.baigo-undo", bytes)
            let reader = try PackageReader.open(path)
            #expect(reader.warnings.isEmpty)
            #expect(try reader.contents(in: scratch)["model/a.gguf"] == Array("weights".utf8))
            #expect(try scratch.bytes("x.baimodel") == package)
            #expect(try scratch.bytes("x.baimodel.baigo-undo") == bytes)
        }
        try PackageSignature.replace(in: path, with: first)
        #expect(try PackageReader.open(path).signature == first)
        #expect(try !scratch.folder.names().contains { $0.hasSuffix("undo") })
    }

    @Test func journalSpeaksForNoData() throws {
        let scratch = try Scratch()
        // The last entry and everything behind it, of a package that differs in that entry alone.
        let package = try Sample().builder().build()
        var other = Sample()
        other.files[1].bytes = Array("Apachf\n".utf8)
        let changed = try other.builder().build()
        #expect(changed.count == package.count)
        let start = try #require(package.firstRange(of: Array("model/LICENSE".utf8), from: package.count / 4)) - 30
        let cut = Array(package.prefix(start + 60))
        let path = try scratch.write("x.baimodel", cut)
        for source in [package, changed] {
            try scratch.write("x.baimodel.baigo-undo", try journal(source, from: start))
            #expect(throws: BundleError.self) { try PackageReader.open(path) }
            #expect(throws: BundleError.self) { try PackageSignature.replace(in: path, with: first) }
            #expect(try scratch.bytes("x.baimodel") == cut)
        }
    }

    @Test(arguments: [UInt32(0o620), 0o602, 0o666])
    func journalThatOthersMayWriteCountsForNothing(_ mode: UInt32) throws {
        let scratch = try Scratch()
        let package = try Sample().builder().build()
        let offset = directoryOffset(package)
        let half = package.prefix(offset) + [1, 2, 3]
        let path = try scratch.write("x.baimodel", Array(half))
        let saved = try scratch.write("x.baimodel.baigo-undo", try journal(package, from: offset))
        #expect(chmod(saved.string, mode) == 0)
        #expect(throws: BundleError.self) { try PackageReader.open(path) }
        #expect(chmod(saved.string, 0o600) == 0)
        #expect(try PackageReader.open(path).signature == nil)
    }

    @Test func journalThatIsALinkOrNoFileCountsForNothing() throws {
        let scratch = try Scratch()
        let package = try Sample().builder().build()
        let offset = directoryOffset(package)
        let path = try scratch.write("x.baimodel", package.prefix(offset) + [1, 2, 3])
        let kept = try scratch.write("kept", try journal(package, from: offset)).string
        let name = scratch.path.appending("x.baimodel.baigo-undo").string
        for make in [{ link(kept, name) }, { symlink(kept, name) }, { mkfifo(name, 0o600) }] {
            #expect(make() == 0)
            #expect(throws: BundleError.self) { try PackageReader.open(path) }
            #expect(unlink(name) == 0)
        }
        #expect(rename(kept, name) == 0)
        #expect(try PackageReader.open(path).signature == nil)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func journalOfAnotherUserCountsForNothing() throws {
        let scratch = try Scratch()
        let package = try Sample().builder().build()
        let offset = directoryOffset(package)
        let half = package.prefix(offset) + [1, 2, 3]
        let path = try scratch.write("x.baimodel", Array(half))
        let saved = try scratch.write("x.baimodel.baigo-undo", try journal(package, from: offset))
        #expect(chown(saved.string, 65534, 65534) == 0)
        #expect(throws: BundleError.self) { try PackageReader.open(path) }
        #expect(throws: BundleError.self) { try PackageSignature.replace(in: path, with: first) }
        #expect(try scratch.bytes("x.baimodel") == Array(half))
        // The owner of the package is as good as the one who runs.
        #expect(chown(path.string, 65534, 65534) == 0)
        #expect(try PackageReader.open(path).signature == nil)
    }

    @Test(arguments: [243, 245, 250, 255])
    func longNamesAreSignedAndRestored(_ length: Int) throws {
        let scratch = try Scratch()
        let package = try Sample().builder().build()
        let offset = directoryOffset(package)
        let name = String(repeating: "x", count: length - 9) + ".baimodel"
        let path = scratch.path.appending(name)
        try scratch.folder.file(creating: name, mode: 0o644).writeAll(package, at: 0)
        #expect(try PackageReader.open(path).signature == nil)
        let mark = String(try SHA256Digest(of: Array(name.utf8)).hex.prefix(32))
        let undo = length + 11 > 255 ? "\(mark).baigo-undo" : "\(name).baigo-undo"
        try scratch.folder.file(creating: undo).writeAll(try journal(package, from: offset), at: 0)
        let file = try scratch.folder.file(updating: name)
        try file.truncate(to: Int64(offset))
        #expect(try PackageReader.open(path).warnings.map(\.identifier) == ["bundle.interrupted-signing"])
        #expect(try PackageSignature.replace(in: path, with: first))
        #expect(try PackageReader.open(path).signature == first)
        #expect(try scratch.folder.names() == [name])
    }

    @Test func readerWaitsForNobodyWhoSigns() throws {
        let scratch = try Scratch()
        let package = try Sample().builder().build()
        let path = try scratch.write("x.baimodel", package)
        try scratch.write("x.baimodel.baigo-undo", try journal(package, from: directoryOffset(package)))
        let held = try OwnedDescriptor.open(reading: path)
        #expect(flock(held.raw, LOCK_EX | LOCK_NB) == 0)
        let error = #expect(throws: FileError.self) { try PackageReader.open(path) }
        #expect(error?.code == .locked)
        #expect(throws: FileError.self) { try PackageSignature.replace(in: path, with: first) }
        #expect(held.raw >= 0)
    }

    @Test func needsAListToSign() throws {
        let scratch = try Scratch()
        let path = try scratch.write("x.baimodel", try Sample().builder(withList: false).build())
        let error = #expect(throws: BundleError.self) { try PackageSignature.replace(in: path, with: first) }
        #expect(error?.code == .checksums)
        let damaged = try scratch.write("y.baimodel", [1, 2, 3])
        #expect(throws: BundleError.self) { try PackageSignature.replace(in: damaged, with: first) }
        #expect(try scratch.bytes("y.baimodel") == [1, 2, 3])
    }
}

extension [UInt8] {
    /// Where bytes stand from an offset on.
    fileprivate func firstRange(of bytes: [UInt8], from start: Int) -> Int? {
        (start..<(count - bytes.count)).first { self[$0..<($0 + bytes.count)].elementsEqual(bytes) }
    }
}
