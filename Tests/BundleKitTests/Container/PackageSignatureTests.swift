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

    @Test func interruptedSigningIsUndoneByTheNextReader() throws {
        let scratch = try Scratch()
        let package = try Sample().builder().build()
        let offset = directoryOffset(package)
        let saved = try journal(package, from: offset)
        let halves: [[UInt8]] = [
            package, Array(package.prefix(offset)), package.prefix(offset) + [1, 2, 3],
            package.prefix(offset) + [UInt8](repeating: 9, count: 5000),
        ]
        for half in halves {
            let path = try scratch.write("x.baimodel", half)
            try scratch.write("x.baimodel.baigo-undo", saved)
            let reader = try PackageReader.open(path)
            #expect(reader.signature == nil)
            #expect(try scratch.bytes("x.baimodel") == package)
            #expect(try scratch.folder.status(of: "x.baimodel.baigo-undo") == nil)
        }
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
        let journals = [
            [], flipped, Array(try journal(package, from: offset).dropLast()), try journal(foreign, from: offset),
            try journal(foreign, from: 0),
        ]
        for bytes in journals {
            try scratch.write("x.baimodel.baigo-undo", bytes)
            _ = try PackageReader.open(path)
            #expect(try scratch.bytes("x.baimodel") == package)
        }
        try PackageSignature.replace(in: path, with: first)
        #expect(try PackageReader.open(path).signature == first)
        #expect(try scratch.folder.names() == ["x.baimodel"])
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
