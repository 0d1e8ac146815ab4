// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import SystemPackage
import TestSupport
import Testing

struct AgreementTests {
    private static let weights = "model/a.gguf"

    private func code(_ bytes: [UInt8]) throws -> (file: BundleError?, stream: BundleError?) {
        let scratch = try Scratch()
        let file = #expect(throws: BundleError.self) {
            _ = try PackageReader.open(bytes, in: scratch).contents(in: scratch)
        }
        let stream = #expect(throws: BundleError.self) {
            _ = try PackageReader.open(piping: bytes, in: scratch).contents(in: scratch)
        }
        return (file, stream)
    }

    private func expect(
        _ expected: BundleError.Code, stream: BundleError.Code? = nil, naming name: String,
        _ change: (inout ArchiveBuilder) throws -> Void
    ) throws {
        var builder = try Sample().builder()
        try change(&builder)
        let found = try code(builder.build())
        #expect(found.file?.code == expected, "\(found.file?.message ?? "")")
        #expect(found.stream?.code == stream ?? expected, "\(found.stream?.message ?? "")")
        for error in [found.file, found.stream] {
            #expect(error?.message.contains(name) == true)
            #expect(error?.exitStatus == .invalidContent)
            let isDigest = error?.code == .digestMismatch
            let phrase = isDigest ? "checksum verification failed" : "validation failed"
            #expect(error?.message.contains(phrase) == true)
        }
    }

    @Test func refusesAnEntryThatNothingLists() throws {
        try expect(.unlistedEntry, naming: "model/b") { $0.add("model/b", [1]) }
    }

    @Test func refusesAMissingEntry() throws {
        try expect(.missingEntry, naming: Self.weights) { builder in
            builder.entries.removeAll { $0.central.name == Array(Self.weights.utf8) }
        }
    }

    @Test func refusesAnotherSizeThanListed() throws {
        try expect(.sizeMismatch, naming: Self.weights) { builder in
            builder.entries.removeAll { $0.central.name == Array(Self.weights.utf8) }
            builder.add(Self.weights, [1])
        }
    }

    @Test func refusesOtherDataThanListed() throws {
        try expect(.digestMismatch, naming: Self.weights) { builder in
            builder.entries.removeAll { $0.central.name == Array(Self.weights.utf8) }
            builder.add(Self.weights, Array("Weights".utf8))
        }
    }

    @Test func refusesAWrongCRCOverRightData() throws {
        try expect(.crcMismatch, naming: Self.weights) {
            $0.change(Self.weights) {
                $0.local.crc32 ^= 1
                $0.central.crc32 ^= 1
            }
        }
    }

    @Test func refusesAWrongCRCOverAList() throws {
        try expect(.crcMismatch, naming: "checksums.txt") {
            $0.change("checksums.txt") {
                $0.local.crc32 ^= 1
                $0.central.crc32 ^= 1
            }
        }
    }

    @Test func refusesASecondEntryOfOneName() throws {
        try expect(.duplicateEntry, stream: .unlistedEntry, naming: Self.weights) {
            $0.add(Self.weights, Array("weights".utf8))
        }
    }

    @Test func refusesASecondList() throws {
        try expect(.duplicateEntry, naming: "checksums.txt") { $0.add("checksums.txt", try Sample().checksums) }
    }

    @Test func refusesBothKindsOfLists() throws {
        try expect(.checksums, naming: "SHA256SUMS") { $0.add("SHA256SUMS", try Sample().checksums) }
    }

    @Test func refusesAnotherManifestThanTheListHas() throws {
        try expect(.digestMismatch, naming: "manifest.json") { builder in
            var other = Sample()
            other.manifestChanges["displayName"] = "Other"
            builder.entries[0] = try other.builder().entries[0]
        }
    }

    @Test func refusesAListWithoutAFileOfTheManifest() throws {
        try expect(.disagreement, naming: "model/LICENSE") { builder in
            var other = Sample()
            other.files.removeLast()
            let list = try ChecksumList(reading: other.checksums)
            var digests = list.digests
            digests["manifest.json"] = try SHA256Digest(of: Sample().manifest)
            var lists = ArchiveBuilder()
            lists.add("checksums.txt", ChecksumList(digests: digests).bytes)
            builder.entries[1] = lists.entries[0]
        }
    }

    @Test func refusesAListWithAFileThatTheManifestLacks() throws {
        try expect(.disagreement, naming: "model/zzz") { builder in
            var digests = try ChecksumList(reading: Sample().checksums).digests
            digests["model/zzz"] = try SHA256Digest(of: [])
            var lists = ArchiveBuilder()
            lists.add("checksums.txt", ChecksumList(digests: digests).bytes)
            builder.entries[1] = lists.entries[0]
            builder.add("model/zzz", [])
        }
    }

    @Test func refusesADigestThatManifestAndListGiveDifferently() throws {
        try expect(.digestMismatch, naming: Self.weights) { builder in
            var digests = try ChecksumList(reading: Sample().checksums).digests
            digests[Self.weights] = try SHA256Digest(of: [])
            var lists = ArchiveBuilder()
            lists.add("checksums.txt", ChecksumList(digests: digests).bytes)
            builder.entries[1] = lists.entries[0]
        }
    }

    @Test func verifiesAPackageWithoutListAgainstItsManifest() throws {
        let scratch = try Scratch()
        let bytes = try Sample().builder(withList: false).build()
        for reader in [try PackageReader.open(bytes, in: scratch), try .open(piping: bytes, in: scratch)] {
            #expect(!reader.hasOwnChecksums)
            #expect(reader.checksumsBytes == (try Sample().checksums))
            #expect(reader.identity == (try SHA256Digest(of: Sample().checksums)))
            #expect(try reader.contents(in: scratch).count == 3)
            #expect(reader.warnings.map(\.identifier) == ["bundle.no-checksums"])
        }
    }

    @Test func needsAManifest() throws {
        var builder = try Sample().builder()
        builder.entries.removeFirst()
        let found = try code(builder.build())
        #expect(found.file?.code == .manifestMissing)
        #expect(found.stream?.code == .manifestMissing)
    }

    @Test(arguments: [
        ("Model/a.gguf", BundleError.Code.duplicateEntry), ("MODEL/LICENSE", .duplicateEntry),
        ("model", .duplicateEntry), ("model/a.gguf/b", .duplicateEntry), ("model/LICENSE/", .duplicateEntry),
        ("../x", .unsafeEntryName), ("/x", .unsafeEntryName), ("model/..\u{2F}\u{301}x", .unsafeEntryName),
        ("model\\x", .unsafeEntryName), ("model/CON", .unsafeEntryName),
    ])
    func refusesNamesThatSomeFileSystemTakesForAnother(_ name: String, _ code: BundleError.Code) throws {
        var builder = try Sample().builder()
        builder.add(name, [])
        let scratch = try Scratch()
        let error = #expect(throws: BundleError.self) { try PackageReader.open(builder.build(), in: scratch) }
        #expect(error?.code == code, "\(error?.message ?? "")")
        #expect(throws: BundleError.self) {
            _ = try PackageReader.open(piping: builder.build(), in: scratch).contents(in: scratch)
        }
    }

    @Test func refusesAUnicodeNameWithoutItsFlag() throws {
        var builder = try Sample().builder()
        builder.add("model/größe", []) {
            $0.local.flags = 0
            $0.central.flags = 0
        }
        let scratch = try Scratch()
        let error = #expect(throws: BundleError.self) { try PackageReader.open(builder.build(), in: scratch) }
        #expect(error?.code == .unsafeEntryName)
    }

    @Test func reportsEveryDamagedFileWhenAsked() throws {
        var builder = try Sample().builder()
        builder.entries.removeLast(2)
        builder.add(Self.weights, Array("Weights".utf8))
        builder.add("model/LICENSE", Array("apache\n".utf8))
        let scratch = try Scratch()
        for reader in [
            try PackageReader.open(builder.build(), in: scratch), try .open(piping: builder.build(), in: scratch),
        ] {
            let all = try reader.read(into: nil, stoppingAtFirstFault: false)
            #expect(all.map(\.status.name) == ["ok", "digest-mismatch", "digest-mismatch"])
        }
        let first = try PackageReader.open(builder.build(), in: scratch).read(into: nil)
        #expect(first.map(\.status.name) == ["ok", "digest-mismatch"])
    }

    @Test func folderMayHoldNothingElse() throws {
        let scratch = try Scratch()
        for (name, bytes) in Sample().files { try scratch.write("p/\(name)", bytes) }
        try scratch.write("p/manifest.json", try Sample().manifest)
        try scratch.write("p/checksums.txt", try Sample().checksums)
        let path = scratch.path.appending("p")
        #expect(try PackageReader.open(path).contents(in: scratch).count == 3)

        try scratch.write("p/model/extra", [1])
        #expect(throws: BundleError.self) { try PackageReader.open(path) }
        let inner = try scratch.folder.folder("p").folder("model")
        try inner.removeFile("extra")
        #expect(symlinkat("a.gguf", inner.raw, "link") == 0)
        let link = #expect(throws: BundleError.self) { try PackageReader.open(path) }
        #expect(link?.code == .structure)
        try inner.removeFile("link")

        try scratch.write("p/\(Self.weights)", Array("Weights".utf8))
        let verdicts = try PackageReader.open(path).read(into: nil, stoppingAtFirstFault: false)
        #expect(verdicts.count { $0.status.name == "digest-mismatch" } == 1)
        try scratch.write("p/\(Self.weights)", [1])
        let size = #expect(throws: BundleError.self) { try PackageReader.open(path) }
        #expect(size?.code == .sizeMismatch)
    }

    @Test func anythingElseIsNotAPackage() throws {
        let scratch = try Scratch()
        for bytes in [[], Array("GGUF".utf8), [0x50, 0x4b], [UInt8](repeating: 0, count: 5000)] {
            let error = #expect(throws: BundleError.self) { try PackageReader.open(bytes, in: scratch) }
            #expect(error?.code == .notAPackage)
            #expect(throws: BundleError.self) { try PackageReader.open(piping: bytes, in: scratch) }
        }
        #expect(throws: FileError.self) { try PackageReader.open(scratch.path.appending("none")) }
        let folder = #expect(throws: BundleError.self) { try PackageReader.open(scratch.path) }
        #expect(folder != nil)
    }

    @Test func everyTruncationIsAnError() throws {
        let scratch = try Scratch()
        let bytes = try Sample().builder().build()
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: BundleError.self) { try PackageReader.open(Array(bytes.prefix(count)), in: scratch) }
            #expect(throws: BundleError.self) {
                _ = try PackageReader.open(piping: Array(bytes.prefix(count)), in: scratch).contents(in: scratch)
            }
        }
    }

    @Test func streamIsReadNoFurtherThanTheFirstSurprise() throws {
        let scratch = try Scratch()
        var builder = try Sample().builder()
        builder.entries.swapAt(2, 3)
        builder.change("model/LICENSE") {
            $0.local.size = 0x7fff_ffff
            $0.local.compressedSize = 0x7fff_ffff
        }
        let sink = MemorySink(in: scratch)
        let reader = try PackageReader.open(piping: builder.build(), in: scratch)
        let error = #expect(throws: BundleError.self) { try reader.read(into: sink) }
        #expect(error?.code == .sizeMismatch)
        #expect(sink.files.count == 1)
    }
}
