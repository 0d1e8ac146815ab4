// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct PinTests {
    private func fixture() throws -> StoreFixture {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        try fixture.add(try MemoryPackage(version: "2.0"))
        return fixture
    }

    private func pinned(_ fixture: StoreFixture) throws -> [String] {
        try fixture.store.list().models.flatMap(\.versions).filter(\.isPinned).map(\.version.description)
    }

    @Test func keepsAPinnedVersionFromBeingRemovedWithoutForce() throws {
        let fixture = try fixture()
        #expect(try fixture.store.pin(ModelReference("tiny:1.0"), true).isChanged)
        #expect(try !fixture.store.pin(ModelReference("tiny:1.0"), true).isChanged)
        #expect(try pinned(fixture) == ["1.0"])
        let before = try fixture.files()
        for (reference, all) in [("tiny:1.0", false), ("tiny", true)] {
            let error = #expect(throws: StoreError.self) {
                try fixture.store.remove(ModelReference(reference), all: all)
            }
            #expect(error?.code == .pinned)
        }
        #expect(try fixture.files() == before)
        _ = try fixture.store.remove(ModelReference("tiny:1.0"), forced: true)
        #expect(try fixture.store.list().models.first?.versions.map(\.version.description) == ["2.0"])
        // What comes again is not pinned by what was before.
        try fixture.add(try MemoryPackage(version: "1.0"))
        #expect(try pinned(fixture).isEmpty)
        let operations = try fixture.auditLines().filter { $0.result == .done }.map(\.event.operation)
        #expect(operations == ["import", "import", "pin", "remove", "import"])
    }

    @Test func pinsTheActiveVersionForABareNameAndLetsGoAgain() throws {
        let fixture = try fixture()
        #expect(try fixture.store.pin(ModelReference("tiny"), true).version.version.description == "2.0")
        _ = try fixture.store.activate(ModelReference("tiny:1.0"))
        #expect(try fixture.store.rollback(ModelReference("tiny")).active.isPinned)
        #expect(try fixture.store.usage().models.map(\.pinned) == [1])
        _ = try fixture.store.pin(ModelReference("tiny:2.0"), false)
        #expect(try pinned(fixture).isEmpty)
        #expect(try !fixture.paths(under: "models/").contains("models/acme/tiny/pinned"))
        _ = try fixture.store.remove(ModelReference("tiny"), all: true)
        #expect(throws: StoreError.self) { try fixture.store.pin(ModelReference("tiny"), true) }
    }

    @Test func survivesANewIndexAndIsReadFromThePlainFile() throws {
        let fixture = try fixture()
        _ = try fixture.store.pin(ModelReference("tiny:1.0"), true)
        let listing = try fixture.store.list()
        try fixture.root().removeFile("index-1.sqlite")
        #expect(try fixture.store.list() == listing)
        #expect(try fixture.store.rebuildIndex() == 1)
        #expect(try fixture.store.list() == listing)
        #expect(try fixture.store.check().isHealthy)
        #expect(try fixture.store.collectGarbage(grace: .zero).blobs.isEmpty)
        let model = try Folder.open(fixture.path.appending("models/acme/tiny"))
        let folder = try #require(try model.names().first { $0.hasPrefix("2.0~") })
        try model.publish(Array("no such version\n\(folder)\n".utf8), as: "pinned")
        #expect(try pinned(fixture) == ["2.0"])
    }

    @Test func makesAnIndexAnewThatKnowsNoPins() throws {
        let fixture = try fixture()
        let path = fixture.path.appending("index-1.sqlite").string
        let change = try Program("sqlite3").run([path, "ALTER TABLE version DROP COLUMN pinned;"])
        #expect(change.status == 0, "\(change)")
        #expect(try fixture.store.list().models.count == 1)
        _ = try fixture.store.pin(ModelReference("tiny:2.0"), true)
        #expect(try pinned(fixture) == ["2.0"])
    }
}
