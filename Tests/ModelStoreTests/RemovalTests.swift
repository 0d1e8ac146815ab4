// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct RemovalTests {
    @Test func removesAModelWithEverythingOnlyItNeeded() throws {
        let fixture = try StoreFixture()
        let kept = try MemoryPackage("zeta/kept")
        try fixture.add(kept)
        let before = try fixture.tree().filter { $0.key != "index-1.sqlite" }
        let gone = try MemoryPackage("acme/tiny", license: "its own")
        try fixture.add(gone)
        let result = try fixture.store.remove(ModelReference("tiny"))
        #expect(result.isModelGone)
        #expect(result.versions.map(\.identity) == [gone.identity])
        #expect(result.removedBlobs == 3)
        #expect(
            result.freed.bytes == Int64(gone.manifestBytes.count + gone.checksumsBytes.count + "its own".utf8.count))
        let after = try fixture.tree().filter { $0.key != "index-1.sqlite" }
        // Folders of blobs stay; they cost nothing and are needed again.
        #expect(after.filter { !$0.key.hasPrefix("blobs/") } == before.filter { !$0.key.hasPrefix("blobs/") })
        #expect(after.filter { $0.value != nil } == before.filter { $0.value != nil })
        #expect(try fixture.store.list().models.map(\.name.description) == ["zeta/kept"])
        #expect(throws: StoreError.self) { try fixture.store.resolve(ModelReference("tiny")) }
        #expect(try fixture.store.resolve(ModelReference("kept")).version.identity == kept.identity)
        #expect(try fixture.auditLines().suffix(2).map(\.event.operation) == ["remove", "remove"])
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
    }

    @Test func asksForMoreWhereMoreThanOneVersionWouldGo() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        try fixture.add(try MemoryPackage(version: "2.0"))
        let before = try fixture.tree()
        let several = #expect(throws: StoreError.self) { try fixture.store.remove(ModelReference("tiny")) }
        #expect(several?.code == .severalVersions)
        let active = #expect(throws: StoreError.self) { try fixture.store.remove(ModelReference("tiny:2.0")) }
        #expect(active?.code == .activeVersion)
        #expect(active?.exitStatus == .usage)
        #expect(try fixture.tree() == before)

        let old = try fixture.store.remove(ModelReference("tiny:1.0"))
        #expect(!old.isModelGone)
        #expect(try fixture.store.resolve(ModelReference("tiny")).version.version.description == "2.0")
        let forced = try fixture.store.remove(ModelReference("tiny:2.0"), forced: true)
        #expect(forced.isModelGone)
        #expect(try fixture.paths(under: "models/").isEmpty)
    }

    @Test func leavesNoActiveVersionWhenItGoesByForce() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        try fixture.add(try MemoryPackage(version: "2.0"))
        _ = try fixture.store.remove(ModelReference("tiny:2.0"), forced: true)
        let error = #expect(throws: StoreError.self) { try fixture.store.resolve(ModelReference("tiny")) }
        #expect(error?.code == .noActiveVersion)
        #expect(try fixture.store.list().models.first?.active == nil)
        #expect(try fixture.store.resolve(ModelReference("tiny:1.0")).version.version.description == "1.0")
        _ = try fixture.store.remove(ModelReference("tiny"), all: true)
        #expect(try fixture.store.list().models.isEmpty)
    }

    @Test func removesADamagedVersionWithItsModel() throws {
        let fixture = try StoreFixture()
        let stored = try fixture.add(try MemoryPackage()).package
        try fixture.write(
            [1],
            to: "models/acme/tiny/\(stored.folder.removingLastComponent().lastComponent?.string ?? "")/receipt.json")
        try fixture.root().removeFile("index-1.sqlite")
        let listing = try fixture.store.list()
        #expect(listing.models.isEmpty)
        #expect(listing.warnings.map(\.identifier) == ["store.damaged"])
        let error = #expect(throws: StoreError.self) { try fixture.store.resolve(ModelReference("tiny")) }
        #expect(error?.code == .damaged)
        _ = try fixture.store.remove(ModelReference("tiny"))
        #expect(try fixture.store.list() == StoreFixture().store.list())
        #expect(try fixture.paths(under: "models/").isEmpty)
        #expect(try fixture.add(try MemoryPackage()).outcome == .imported)
    }

    @Test func leavesWhatIsNothingOfAModel() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        let model = try Folder.open(fixture.path.appending("models/acme/tiny"))
        try model.folder(making: "mine").publish([1], as: "file")
        try model.publish([2], as: "notes.txt")
        try model.publish([3], as: ".active.123.partial")
        let result = try fixture.store.remove(ModelReference("tiny"), all: true, forced: true)
        #expect(result.isModelGone)
        #expect(result.warnings.map { $0.message.contains("stays") } == [true, true])
        #expect(
            try fixture.paths(under: "models/acme/tiny/")
                == ["models/acme/tiny/mine/", "models/acme/tiny/mine/file", "models/acme/tiny/notes.txt"])
        #expect(try fixture.store.list().models.isEmpty)
        // The folder that is left counts for nothing once it is empty.
        try model.removeTree("mine")
        try model.removeFile("notes.txt")
        try fixture.add(try MemoryPackage(version: "1.0"))
        #expect(try fixture.store.check().isHealthy)
    }

    @Test func findsNothingToRemove() throws {
        let fixture = try StoreFixture()
        #expect(throws: StoreError.self) { try fixture.store.remove(ModelReference("tiny")) }
        #expect(try fixture.tree().isEmpty)
        try fixture.add(try MemoryPackage())
        let before = try fixture.auditLines()
        let error = #expect(throws: StoreError.self) { try fixture.store.remove(ModelReference("tiny:9")) }
        #expect(error?.code == .versionNotFound)
        #expect(try fixture.auditLines() == before)
    }
}
