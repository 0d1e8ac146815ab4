// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import Synchronization
import SystemPackage
import Testing
import TestSupport

/// Imports that were cut off and are run again.
///
/// What is read from the medium shows by changing it there: bytes that are damaged and harm nothing were not read.
@Suite(.temporaryHome)
struct ResumeTests {
    private static let size = 9 << 20
    private static let content = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        var state: UInt64 = 1
        for index in 0..<size {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            buffer[index] = UInt8(truncatingIfNeeded: state >> 56)
        }
        count = size
    }

    private let digest: SHA256Digest
    private let path = TemporaryHome.around.appending("large.baimodel")
    private let start: Int64

    /// Packages a file of a few buffers' size, which comes last.
    init() throws {
        digest = try SHA256Digest(of: Self.content)
        let around = try Folder.open(TemporaryHome.around)
        try around.publish(GGUFBuilder.textModel.file, as: "tiny.gguf")
        try around.publish(Self.content, as: "large.bin")
        let files = try [("model/tiny.gguf", FileRole.weights, "tiny.gguf"), ("model/z.bin", .other, "large.bin")].map {
            PlannedFile(
                path: $0.0, role: $0.1, source: TemporaryHome.around.appending($0.2),
                size: try around.status(of: $0.2)?.size ?? 0)
        }
        let draft = ManifestDraft(
            name: try PackageName(validating: "acme/large"), version: try PackageVersion(validating: "1"),
            members: ["kind": "model", "format": "gguf", "architecture": "llama"])
        _ = try PackageWriter.write(
            PackagePlan(manifest: draft, files: files, metadata: nil),
            to: .file(path, replacing: true, readBack: false), signing: nil, progress: SilentProgress())
        let file = try OwnedDescriptor.open(reading: path)
        let size = try file.status().size
        start = try #require(
            try stride(from: Int64(0), to: size, by: 4096).first {
                try file.bytes(at: $0, count: 64) == Array(Self.content.prefix(64))
            })
    }

    /// Flips bits of the large file where it is in the package.
    private func damage(from position: Int64, count: Int) throws {
        let file = try Folder.open(TemporaryHome.around).file(updating: "large.baimodel")
        let bytes = try file.bytes(at: start + position, count: count).map { ~$0 }
        try file.writeAll(bytes, at: start + position)
    }

    private func add(_ fixture: StoreFixture, progress: any ProgressObserver = SilentProgress()) throws -> ImportResult
    {
        let reader = try PackageReader.open(path)
        let request = ImportRequest(from: reader.source) { _ in StoreFixture.unsigned }
        return try fixture.store.importPackage(reader, request, progress: progress)
    }

    private func staged() throws -> FilePath {
        let identity = try PackageReader.open(path).identity
        return TemporaryHome.path.appending("staging/\(identity.hex)/files/\(digest.hex)")
    }

    /// Imports until a few megabytes of the large file are there.
    private func interrupt(_ fixture: StoreFixture) async throws -> Int64 {
        let task = Task { _ = try add(fixture, progress: Interruption(after: 4 << 20)) }
        await #expect(throws: CancellationError.self) { try await task.value }
        let size = try FileStatus.of(try staged()).size
        #expect(size >= 2 << 20 && size < Self.size)
        return size
    }

    private func expectWhole(_ result: ImportResult, _ fixture: StoreFixture) throws {
        #expect(result.outcome == .imported)
        #expect(try fixture.store.check().isHealthy)
        #expect(try fixture.bytes(of: "blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)") == Self.content)
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
    }

    @Test func goesOnInTheMiddleOfAFile() async throws {
        let fixture = try StoreFixture()
        let kept = try await interrupt(fixture)
        let found = try #require(try fixture.store.stagedImports().first)
        #expect(found.model == "acme/large:1")
        #expect(found.origin == path.string)
        #expect(found.size.bytes > kept)
        try damage(from: 0, count: Int(kept))
        try expectWhole(try add(fixture), fixture)
    }

    @Test func readsEveryByteThatIsNotStaged() async throws {
        let fixture = try StoreFixture()
        let kept = try await interrupt(fixture)
        try damage(from: kept, count: 1)
        let error = #expect(throws: BundleError.self) { try add(fixture) }
        #expect(error?.code == .digestMismatch)
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(try fixture.auditLines().last?.result == .refused)
    }

    @Test(arguments: [0, 1 << 20, 2 << 20 - 1])
    func readsTheFileOnceMoreWhenWhatWasStagedIsWrong(at position: Int64) async throws {
        let fixture = try StoreFixture()
        _ = try await interrupt(fixture)
        let folder = try Folder.open(try staged().removingLastComponent())
        try folder.file(updating: digest.hex).writeAll([~Self.content[Int(position)]], at: position)
        try expectWhole(try add(fixture), fixture)
    }

    @Test func callsDamagedWhatIsWrongStagedAndOnTheMedium() async throws {
        let fixture = try StoreFixture()
        _ = try await interrupt(fixture)
        try Folder.open(try staged().removingLastComponent()).file(updating: digest.hex).writeAll([0, 1, 2], at: 100)
        try damage(from: 5000, count: 1)
        let error = #expect(throws: BundleError.self) { try add(fixture) }
        #expect(error?.code == .digestMismatch)
        #expect(try fixture.paths(under: "staging/").isEmpty)
    }

    @Test func readsNothingOfAFileThatIsStagedWhole() async throws {
        let fixture = try StoreFixture()
        _ = try await interrupt(fixture)
        try Folder.open(try staged().removingLastComponent()).publish(Self.content, as: digest.hex, mode: 0o444)
        try damage(from: 0, count: Self.size)
        try expectWhole(try add(fixture), fixture)
    }

    @Test func startsAnewWhereWhatIsStagedIsNoPartOfTheFile() async throws {
        let elsewhere = TemporaryHome.around.appending("elsewhere")
        let precious = [UInt8](repeating: 7, count: 8192)
        let layouts: [(Folder) throws -> Void] = [
            { try $0.publish(Self.content + [0], as: digest.hex) },
            { #expect(symlinkat(elsewhere.string, $0.raw, digest.hex) == 0) },
            { #expect(linkat(AT_FDCWD, elsewhere.string, $0.raw, digest.hex, 0) == 0) },
            { #expect(mkdirat($0.raw, digest.hex, 0o700) == 0) },
            { try $0.publish([1], as: digest.hex) },
            { try $0.publish([UInt8](repeating: 0, count: 1 << 20), as: digest.hex) },
        ]
        for lay in layouts {
            try Folder.open(TemporaryHome.around).publish(precious, as: "elsewhere")
            let fixture = try StoreFixture()
            _ = try await interrupt(fixture)
            let folder = try Folder.open(try staged().removingLastComponent())
            try folder.removeFile(digest.hex)
            try lay(folder)
            try expectWhole(try add(fixture), fixture)
            #expect(try Folder.open(TemporaryHome.around).bytes(of: "elsewhere") == precious)
            _ = try fixture.store.remove(ModelReference("large"))
        }
    }

    @Test func readsAStreamAnew() async throws {
        let fixture = try StoreFixture()
        _ = try await interrupt(fixture)
        var ends: [CInt] = [0, 0]
        #expect(pipe(&ends) == 0)
        let writing = ends[1]
        let bytes = try Folder.open(TemporaryHome.around).bytes(of: "large.baimodel")
        let feeder = Task.detached {
            let output = OwnedDescriptor(owning: writing, path: "pipe")
            bytes.withUnsafeBytes { try? output.writeStream($0) }
        }
        let reader = try PackageReader.open(stream: OwnedDescriptor(owning: ends[0], path: "standard input"))
        let request = ImportRequest(from: reader.source) { _ in StoreFixture.unsigned }
        try expectWhole(try fixture.store.importPackage(reader, request), fixture)
        await feeder.value
    }

    @Test func isCollectedWhenItIsOldAndThenStartsAnew() async throws {
        let fixture = try StoreFixture(time: .now)
        let kept = try await interrupt(fixture)
        #expect(try fixture.store.collectGarbage(grace: .seconds(3600)).young.map(\.size.bytes).first ?? 0 > kept)
        #expect(try fixture.store.stagedImports().count == 1)
        let result = try fixture.store.collectGarbage(grace: .zero)
        #expect(result.staged.map(\.model) == ["acme/large:1"])
        #expect(try fixture.store.stagedImports().isEmpty)
        try expectWhole(try add(fixture), fixture)
    }

    @Test func staysWhileOtherCommandsChangeTheStore() async throws {
        let fixture = try StoreFixture()
        let kept = try await interrupt(fixture)
        try fixture.add(try MemoryPackage())
        _ = try fixture.store.remove(ModelReference("tiny"))
        #expect(try FileStatus.of(try staged()).size == kept)
        try damage(from: 0, count: Int(kept))
        try expectWhole(try add(fixture), fixture)
    }
}

/// Cancels the task that reports, once so many bytes are done.
private struct Interruption: ProgressObserver {
    let bytes: Int64

    init(after bytes: Int64) { self.bytes = bytes }

    func report(_ phase: ProgressPhase, completed: Int64, total: Int64) {
        if completed >= bytes { withUnsafeCurrentTask { $0?.cancel() } }
    }
}
