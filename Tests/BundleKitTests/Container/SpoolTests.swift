// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Dispatch
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// What has to be kept on disk before it can be read: how much, where, and beside whom.
struct SpoolTests {
    private static let surplus = StructureRule.streamSurplus.identifier

    /// The weights first, then the manifest, then something large that nothing announces.
    private static func late(_ size: Int) throws -> ArchiveBuilder {
        var builder = try Sample().builder()
        builder.entries.swapAt(0, 2)
        builder.add("model/more", [UInt8](repeating: 0, count: size))
        return builder
    }

    private func streamed(_ bytes: [UInt8], in folder: FilePath) -> (any Error)? {
        var opening = PackageOpening()
        opening.spoolFolder = folder
        return #expect(throws: (any Error).self) { _ = try PackageReader.open(stream: try pipe(bytes), opening) }
    }

    @Test func aManifestBehindOtherEntriesBoundsTheStreamToo() throws {
        let scratch = try Scratch()
        let error = streamed(try Self.late(130 << 20).build(), in: scratch.path) as? BundleError
        #expect(error?.identifier == Self.surplus)
        #expect(try scratch.folder.names() == [])
        let small = streamed(try Self.late(1).build(), in: scratch.path) as? BundleError
        #expect(small?.code == .unlistedEntry)
    }

    @Test func aManifestBoundsWhatIsReadAsItArrives() throws {
        let scratch = try Scratch()
        var builder = try Sample().builder()
        let padding = ArchiveBuilder.extraField(0xD935, [UInt8](repeating: 0, count: 65_000))
        for number in 0..<2200 {
            builder.add("model/\(number)/", []) { $0.local.extra += padding }
        }
        let error = try #require(throws: BundleError.self) {
            try PackageReader.open(piping: builder.build(), in: scratch).contents(in: scratch)
        }
        #expect(error.identifier == Self.surplus)
    }

    @Test func aManifestBoundsATarStreamToo() throws {
        let scratch = try Scratch()
        for folder in ["", "p/"] {
            var tar = TarBuilder()
            tar.add(folder + "manifest.json", try Sample().manifest)
            tar.add(folder + "model/more") { $0.size = 130 << 20 }
            let error = streamed(tar.blocks, in: scratch.path) as? BundleError
            #expect(error?.identifier == Self.surplus)
        }
        #expect(try scratch.folder.names() == [])
    }

    @Test(.enabled(if: TemporaryFileSystem.isAvailable, "needs a user who may mount"))
    func aStreamWithoutAManifestEndsBeforeTheDiskIsFull() throws {
        let scratch = try Scratch()
        let place = try scratch.write("small/x", []).removingLastComponent()
        let small = try TemporaryFileSystem(at: place, bytes: 80 << 20)
        var builder = ArchiveBuilder()
        builder.add("model/a.gguf", [UInt8](repeating: 1, count: 40 << 20)) { $0.useDescriptor() }
        let error = streamed(builder.build(), in: small.path) as? FileError
        #expect(error?.code == .noSpace)
        #expect(try Folder.open(small.path).freeSpace().bytes > 64 << 20)
    }

    @Test func aPlainTarIsReadWhereItStands() throws {
        let scratch = try Scratch()
        var opening = PackageOpening()
        opening.spoolFolder = "/nonexistent"
        for folder in ["", "p/"] {
            var tar = TarBuilder()
            if !folder.isEmpty { tar.add(folder) { $0.type = UInt8(ascii: "5") } }
            tar.add(folder + "manifest.json", try Sample().manifest)
            for file in Sample().files { tar.add(folder + file.name, file.bytes) }
            let reader = try PackageReader.open(try scratch.write("x.tar", tar.bytes), opening)
            #expect(try reader.contents(in: scratch)["model/a.gguf"] == Array("weights".utf8))
            #expect(try reader.read(into: nil).allSatisfy(\.isOK))
        }
    }

    @Test func aTarThatChangesWhileItIsReadIsNoticed() throws {
        let scratch = try Scratch()
        var tar = TarBuilder()
        tar.add("manifest.json", try Sample().manifest)
        for file in Sample().files { tar.add(file.name, file.bytes) }
        let path = try scratch.write("x.tar", tar.bytes)
        let reader = try PackageReader.open(path)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path.string))
        try file.seek(toOffset: 5)
        try file.write(contentsOf: Array("changed".utf8))
        try file.close()
        let error = #expect(throws: BundleError.self) { try reader.contents(in: scratch) }
        #expect(error?.code == .sourceChanged)
    }

    /// Each removes what it takes for left behind by others, and none takes the folder of one that is at work.
    @Test func bundlesAreUnpackedBesideEachOther() throws {
        let scratch = try Scratch()
        var tar = TarBuilder()
        for file in Sample().files { tar.add(file.name, file.bytes) }
        let digests = try Dictionary(
            uniqueKeysWithValues: Sample().files.map { ($0.name, try SHA256Digest(of: $0.bytes)) })
        tar.add("checksums.txt", ChecksumList(digests: digests).bytes)
        tar.add("manifest.json", try Sample().manifest)
        let bytes = tar.bytes
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 64) { _ in
            var opening = PackageOpening()
            opening.spoolFolder = scratch.path
            do {
                _ = try PackageReader.open(stream: try pipe(bytes), opening)
                failures.withLock { $0.append("taken") }
            } catch {
                // The list does not name the manifest: each has to get as far as seeing that.
                let identifier = (error as? BundleError)?.code
                if identifier != .disagreement { failures.withLock { $0.append("\(error)") } }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try scratch.folder.names() == [])
    }
}
