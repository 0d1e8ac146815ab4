// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import SystemPackage
import TestSupport
import Testing

@Suite(.temporaryHome)
struct ActivationTests {
    private func threeVersions() throws -> StoreFixture {
        let fixture = try StoreFixture()
        for version in ["1.0", "2.0", "3.0"] { try fixture.add(try MemoryPackage(version: version)) }
        return fixture
    }

    private func active(_ fixture: StoreFixture) throws -> String {
        try fixture.store.resolve(ModelReference("tiny")).version.version.description
    }

    @Test func activatesByNameAndRemembersIt() throws {
        let fixture = try threeVersions()
        let result = try fixture.store.activate(ModelReference("tiny:1.0"))
        #expect(result.isChanged)
        #expect(result.active.isActive)
        #expect(result.previous?.version.description == "3.0")
        #expect(try active(fixture) == "1.0")
        let history = try fixture.store.history(of: ModelReference("tiny"))
        #expect(history.map(\.version.description) == ["1.0", "2.0", "3.0", "1.0"])
        #expect(try fixture.auditLines().suffix(2).map(\.event.operation) == ["activate", "activate"])
        #expect(try fixture.store.list().models.first?.active?.version.description == "1.0")
    }

    @Test func activatingTheActiveVersionChangesNothing() throws {
        let fixture = try threeVersions()
        let before = try fixture.tree()
        #expect(try fixture.store.activate(ModelReference("tiny:3.0")).isChanged == false)
        #expect(try fixture.tree() == before)
    }

    @Test func rollsBackStepByStepAndStopsAtTheOldest() throws {
        let fixture = try threeVersions()
        #expect(try fixture.store.rollback(ModelReference("tiny")).active.version.description == "2.0")
        #expect(try fixture.store.rollback(ModelReference("tiny")).active.version.description == "1.0")
        let error = #expect(throws: StoreError.self) { try fixture.store.rollback(ModelReference("tiny")) }
        #expect(error?.code == .nothingOlder)
        #expect(error?.exitStatus == .notFound)
        #expect(try active(fixture) == "1.0")
    }

    @Test func theNextActivationStartsFromWhereTheRollbackEnded() throws {
        let fixture = try threeVersions()
        _ = try fixture.store.rollback(ModelReference("tiny"))
        _ = try fixture.store.rollback(ModelReference("tiny"))
        _ = try fixture.store.activate(ModelReference("tiny:3.0"))
        #expect(try fixture.store.rollback(ModelReference("tiny")).active.version.description == "1.0")
    }

    @Test func rollbackSkipsWhatIsRemoved() throws {
        let fixture = try threeVersions()
        _ = try fixture.store.remove(ModelReference("tiny:2.0"))
        #expect(try fixture.store.rollback(ModelReference("tiny")).active.version.description == "1.0")
    }

    @Test func rollbackSkipsWhatIsDamaged() throws {
        let fixture = try threeVersions()
        let package = try fixture.store.resolve(ModelReference("tiny:2.0")).folder
        try Folder.open(package).removeFile("checksums.txt")
        #expect(try fixture.store.rollback(ModelReference("tiny")).active.version.description == "1.0")
    }

    @Test func refusesWhatIsNotThereOrNotWhole() throws {
        let fixture = try threeVersions()
        let missing = #expect(throws: StoreError.self) { try fixture.store.activate(ModelReference("tiny:4.0")) }
        #expect(missing?.code == .versionNotFound)
        #expect(throws: StoreError.self) { try fixture.store.activate(ModelReference("other:1.0")) }
        #expect(throws: StoreError.self) { try fixture.store.history(of: ModelReference("other")) }
        let package = try fixture.store.resolve(ModelReference("tiny:1.0")).folder
        try Folder.open(package).removeFile("manifest.json")
        #expect(throws: StoreError.self) { try fixture.store.activate(ModelReference("tiny:1.0")) }
        #expect(try active(fixture) == "3.0")
    }
}
