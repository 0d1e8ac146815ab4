// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

/// File systems that are full, read-only or poor; they are mounted for the test.
@Suite(
    .temporaryHome,
    .enabled(if: TemporaryFileSystem.isAvailable, "this user may not mount a small file system"))
struct EnvironmentTests {
    private func mounted(_ bytes: Int) throws -> TemporaryFileSystem {
        let path = TemporaryHome.path
        #expect(mkdir(path.string, 0o700) == 0)
        return try TemporaryFileSystem(at: path, bytes: bytes)
    }

    private func large(_ bytes: Int) throws -> MemoryPackage {
        try MemoryPackage("acme/large", license: String(repeating: "x", count: bytes))
    }

    @Test func changesNothingWhereThereIsNoRoom() throws {
        let system = try mounted(4 << 20)
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        let before = try fixture.tree()
        let package = try large(8 << 20)
        for attempt in 0..<2 {
            let error = #expect(throws: FileError.self) {
                if attempt == 0 {
                    _ = try fixture.store.preview(package, replacing: false)
                } else {
                    try fixture.add(package)
                }
            }
            #expect(error?.code == .noSpace)
            #expect(error?.exitStatus == .environment)
            #expect(error?.message.contains("8 MiB") == true || error?.message.contains("9 MiB") == true)
        }
        #expect(try fixture.tree() == before)
        let last = try #require(try fixture.auditLines().last)
        #expect(last.result == .failed)
        #expect(last.error == "environment.no-space")
        #expect(try fixture.add(try MemoryPackage("small")).outcome == .imported)
        withExtendedLifetime(system) {}
    }

    @Test(arguments: [false, true])
    func makesRoomWhereThereIsNone(_ isInterrupted: Bool) throws {
        let system = try mounted(4 << 20)
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        try fixture.add(try large(1 << 20))
        if isInterrupted {
            // An import that was cut off before its outcome was written.
            try fixture.add(try MemoryPackage(version: "2.0"))
            let log = "audit/audit.jsonl"
            let lines = try fixture.bytes(of: log).split(separator: 0x0A).map { Array($0) + [0x0A] }
            try fixture.write(Array(lines.dropLast(1).joined()), to: log)
        }
        let ballast = try fixture.root().file(appending: ".ballast")
        let page = [UInt8](repeating: 1, count: 4096)
        do {
            while true { try page.withUnsafeBytes { try ballast.append($0) } }
        } catch let error as FileError {
            #expect(error.code == .noSpace)
        }
        let full = #expect(throws: FileError.self) { try fixture.add(try MemoryPackage("acme/third", license: "more")) }
        #expect(full?.code == .noSpace)
        let result = try fixture.store.remove(ModelReference("large"))
        #expect(result.freed > ByteCount(1 << 20))
        #expect(try fixture.store.list().models.map(\.name.description) == ["acme/tiny"])
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
        #expect(try fixture.add(try MemoryPackage("acme/third", license: "more")).outcome == .imported)
        #expect(try fixture.store.check().isHealthy)
        withExtendedLifetime(system) {}
    }

    @Test func changesNothingWhenTheDiskFillsUpMeanwhile() throws {
        let system = try mounted(6 << 20)
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        let before = try fixture.tree()
        // The space is there when it is checked, and gone when the files are written.
        let package = try large(3 << 20)
        let request = ImportRequest(from: package.source) { _ in StoreFixture.unsigned }
        let greedy = GreedyPackage(package: package, ballast: try fixture.root(), bytes: 3 << 20)
        let error = #expect(throws: FileError.self) { try fixture.store.importPackage(greedy, request) }
        #expect(error?.code == .noSpace)
        #expect(error?.hint?.contains("goes on") == true)
        try fixture.root().removeFile(GreedyPackage.name)
        #expect(try fixture.tree().filter { !$0.key.hasPrefix("staging/\(package.identity.hex)") } == before)
        #expect(try fixture.store.stagedImports().map(\.name) == [package.identity.hex])
        #expect(try fixture.auditLines().last?.error == "environment.no-space")
        #expect(try fixture.add(package).outcome == .imported)
        withExtendedLifetime(system) {}
    }

    @Test func needsNoRoomForWhatIsStagedAlready() throws {
        let system = try mounted(6 << 20)
        let fixture = try StoreFixture()
        let package = try large(3 << 20)
        let ballast = try fixture.root()
        let request = ImportRequest(from: package.source) { _ in StoreFixture.unsigned }
        // The licence is staged, and the weights find no room.
        let greedy = GreedyPackage(package: package, ballast: ballast, bytes: 6 << 20 - 3 << 20 - 8192)
        #expect(throws: FileError.self) { try fixture.store.importPackage(greedy, request) }
        let staged = try #require(try fixture.store.stagedImports().first)
        try ballast.removeFile(GreedyPackage.name)
        #expect(try fixture.root().freeSpace().bytes < 4 << 20)
        #expect(staged.size.bytes > 2 << 20)
        #expect(try fixture.store.preview(package, replacing: false).needed.bytes < 1 << 20)
        #expect(try fixture.add(package).outcome == .imported)
        withExtendedLifetime(system) {}
    }

    /// What models and blobs are made of.
    private func visible(_ fixture: StoreFixture) throws -> [String: [UInt8]] {
        try fixture.files().filter { $0.key.hasPrefix("models/") || $0.key.hasPrefix("blobs/") }
    }

    private func fill(_ root: Folder) throws {
        let ballast = try root.file(creating: GreedyPackage.name)
        var size: Int64 = 0
        for step in [1 << 20, 4096, 512, 1] {
            while (try? ballast.writeAll([UInt8](repeating: 0, count: step), at: size)) != nil { size += Int64(step) }
        }
    }

    @Test func losesNothingWhereNotOneByteCanBeWritten() throws {
        let system = try mounted(4 << 20)
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        try fixture.add(try MemoryPackage(version: "2.0", license: "other"))
        let root = try fixture.root()
        try fill(root)
        let before = try visible(fixture)
        let first = try ModelReference("tiny:1.0")
        let attempts: [() throws -> Void] = [
            { _ = try fixture.store.activate(first) }, { _ = try fixture.store.rollback(try ModelReference("tiny")) },
            { try fixture.add(try MemoryPackage("acme/third", license: "third")) },
        ]
        for attempt in attempts {
            let error = #expect(throws: FileError.self) { try attempt() }
            #expect(error?.code == .noSpace)
            #expect(try visible(fixture) == before)
            #expect(try fixture.store.check().isHealthy)
        }
        try root.removeFile(GreedyPackage.name)
        #expect(try fixture.store.activate(first).isChanged)
        #expect(try fixture.store.history(of: ModelReference("tiny")).count == 3)
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
        withExtendedLifetime(system) {}
    }

    @Test func saysThatThereIsNoRoomForAnInventory() throws {
        let system = try mounted(1 << 20)
        let place = TemporaryHome.path
        let fixture = try StoreFixture(at: TemporaryHome.around.appending("store"))
        try fixture.add(try MemoryPackage())
        let inventory = try fixture.store.inventory(createdAt: StoreFixture.start, createdBy: "baigo")
        let ballast = try Folder.open(place).file(creating: "ballast")
        let block = [UInt8](repeating: 1, count: 4096)
        #expect(throws: FileError.self) {
            for index in 0..<512 { try ballast.writeAll(block, at: Int64(index * block.count)) }
        }
        let error = #expect(throws: FileError.self) {
            try inventory.writeDatabase(to: place.appending(".draft"), as: "inventory.sqlite")
        }
        #expect(error?.code == .noSpace)
        #expect(error?.message.hasPrefix("inventory.sqlite could not be written") == true)
        withExtendedLifetime(system) {}
    }

    @Test func copiesAReadOnlyHome() throws {
        let system = try mounted(4 << 20)
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        let before = try fixture.tree()
        try system.setReadOnly(true)
        let path = TemporaryHome.around.appending("restored")
        let first = try fixture.store.copy(to: path)
        #expect(first.versions == 1 && first.written.bytes > 0)
        #expect(first.warnings.map(\.identifier) == ["store.copy-unrecorded"])
        let copy = try StoreFixture(at: path)
        #expect(try copy.store.check().isHealthy)
        #expect(try copy.store.state()?.storeID == first.storeID)
        #expect(try copy.bytes(of: "audit/audit.jsonl") == fixture.bytes(of: "audit/audit.jsonl"))
        #expect(try fixture.store.copy(to: path).written.bytes == 0)
        #expect(try fixture.tree() == before)
        try copy.add(try MemoryPackage("other"))
        #expect(try copy.store.check().isHealthy)
        // It goes its own way by now.
        #expect(throws: StoreError.self) { try fixture.store.copy(to: path) }
    }

    @Test func readsAReadOnlyHomeAndWritesNothingToIt() throws {
        let system = try mounted(4 << 20)
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        let before = try fixture.tree()
        try system.setReadOnly(true)
        #expect(try fixture.store.list().models.count == 1)
        #expect(try fixture.store.resolve(ModelReference("tiny")).weights.count == 1)
        #expect(try fixture.store.auditLog().verify().head.sequence == 2)
        #expect(try fixture.store.check().isHealthy)
        #expect(try fixture.store.collectGarbage(dryRun: true, grace: .zero).blobs.isEmpty)
        #expect(throws: FileError.self) { try fixture.store.collectGarbage(grace: .zero) }
        let error = #expect(throws: FileError.self) { try fixture.add(try MemoryPackage("other")) }
        #expect(error?.code == .readOnly)
        #expect(throws: FileError.self) { try fixture.store.remove(ModelReference("tiny")) }
        #expect(try fixture.tree() == before)
    }
}

/// A package whose reading is preceded by something else taking the room.
private struct GreedyPackage: ImportablePackage {
    static let name = ".ballast"

    let package: MemoryPackage
    let ballast: Folder
    let bytes: Int

    var manifest: Manifest { package.manifest }
    var manifestBytes: [UInt8] { package.manifestBytes }
    var checksumsBytes: [UInt8] { package.checksumsBytes }
    var hasOwnChecksums: Bool { true }
    var identity: SHA256Digest { package.identity }
    var content: SHA256Digest { package.content }
    var files: [PackageFile] { package.files }
    var source: String { package.source }
    var signature: [UInt8]? { nil }
    var modelSignature: [UInt8]? { nil }
    var signatureIsKnown: Bool { true }

    func read(
        into sink: (any PackageSink)?, stoppingAtFirstFault: Bool, progress: any ProgressObserver
    ) throws -> [FileVerdict] {
        try ballast.publish([UInt8](repeating: 0, count: bytes), as: Self.name)
        return try package.read(into: sink, stoppingAtFirstFault: stoppingAtFirstFault, progress: progress)
    }
}

/// What neighbours with other tools, and clocks, do to a store.
@Suite(.temporaryHome)
struct NeighbourTests {
    @Test(arguments: ["blobs/sha256/xx", "models/acme", "models/acme/tiny", "audit", "staging"])
    func followsNoLinkThatStandsForAFolder(_ place: String) throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        try fixture.add(package)
        let prefix = String(package.files[1].sha256.hex.prefix(2))
        let path = fixture.path.appending(place.replacing("xx", with: prefix))
        let elsewhere = TemporaryHome.around.appending("elsewhere")
        #expect(Glibc.rename(path.string, elsewhere.string) == 0)
        #expect(symlink(elsewhere.string, path.string) == 0)
        let digests = ["-c", "find . -type f -exec sha256sum {} + | sort"]
        let before = try Program("bash").run(digests, in: elsewhere.string).text
        // An error or the right result; what counts is that nothing is lost.
        _ = try? fixture.add(package)
        _ = try? fixture.add(try MemoryPackage("acme/other"))
        _ = try? fixture.store.collectGarbage(grace: .zero)
        _ = try? fixture.store.remove(ModelReference("other"))
        #expect(try Program("bash").run(digests, in: elsewhere.string).text == before)
        #expect(unlink(path.string) == 0)
        #expect(Glibc.rename(elsewhere.string, path.string) == 0)
        #expect(try fixture.store.check().isHealthy)
        #expect(try fixture.store.resolve(ModelReference("tiny")).version.identity == package.identity)
    }

    @Test func changesNothingWhileTheClockIsBehindTheAuditLog() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        try fixture.add(try MemoryPackage(version: "2.0", license: "other"))
        let before = try fixture.tree()
        let earlier = try StoreFixture(
            time: Timestamp(secondsSinceEpoch: StoreFixture.start.secondsSinceEpoch - 86_400))
        let attempts: [() throws -> Void] = [
            { try earlier.add(try MemoryPackage("acme/third", license: "third")) },
            { _ = try earlier.store.activate(try ModelReference("tiny:1.0")) },
            { _ = try earlier.store.remove(try ModelReference("tiny:1.0")) },
            { _ = try earlier.store.collectGarbage(grace: .zero) },
        ]
        for attempt in attempts {
            let error = #expect(throws: FileError.self) { try attempt() }
            #expect(error?.code == .clock)
        }
        #expect(try fixture.tree() == before)
        #expect(try earlier.store.check().isHealthy)
        #expect(try earlier.store.list().models.first?.versions.count == 2)
    }
}
