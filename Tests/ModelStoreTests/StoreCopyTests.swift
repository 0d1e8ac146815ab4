// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct StoreCopyTests {
    private let context = StoreContext(
        user: "alice", host: "vault", program: "baigo 0.1.0", clock: { StoreFixture.start })

    private var place: FilePath { TemporaryHome.around.appending("copy") }

    private func fixture() throws -> StoreFixture {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        try fixture.add(try MemoryPackage(version: "2.0"), evidence: StoreFixture.trusted)
        try fixture.add(try MemoryPackage("plain", license: "x"))
        _ = try fixture.store.activate(ModelReference("tiny:1.0"))
        _ = try fixture.store.pin(ModelReference("tiny:1.0"), true)
        try fixture.store.change(AuditEvent("trust.add")) { change in
            let trust = try change.folder(making: "trust")
            let records: JSONValue = ["keys": [], "latched": true, "schemaVersion": 1]
            try trust.publish(records.prettyBytes, as: "keys.json")
            try trust.folder(making: "keys").publish([1, 2, 3], as: "A.asc")
            try change.root.publish(Array("schema = 1\n".utf8), as: "policy.toml")
            try change.setSignatureLatch(true)
        }
        return fixture
    }

    /// Everything that a copy has to share with its source.
    private func content(_ fixture: StoreFixture) throws -> [String: [UInt8]] {
        try fixture.files().filter { path, _ in
            !["store.json", "index-1.sqlite"].contains(path) && !path.hasPrefix("staging/")
        }
    }

    private func audit(_ fixture: StoreFixture) throws -> [UInt8] { try fixture.bytes(of: "audit/audit.jsonl") }

    @Test func isWholeLinkedAndAStoreOfItsOwn() throws {
        let fixture = try fixture()
        let result = try fixture.store.copy(to: place)
        #expect(result.versions == 3)
        let copy = try StoreFixture(at: place)
        #expect(try content(copy) == content(fixture))
        #expect(try audit(copy) == audit(fixture))
        #expect(try copy.store.list() == fixture.store.list())
        #expect(try copy.store.check().isHealthy)
        let (old, new) = (try #require(try fixture.store.state()), try #require(try copy.store.state()))
        #expect(new.storeID == result.storeID)
        #expect(new.storeID != old.storeID)
        #expect(new.isSignatureLatched)
        let links = try Program("find").run([place.string, "-path", "*/blobs/*", "-type", "f", "-links", "1"])
        #expect(links.text.isEmpty)
        #expect(try copy.auditLines().suffix(2).map(\.event.operation) == ["store.copy", "store.copy"])
        #expect(try copy.store.rollback(ModelReference("tiny")).active.version.description == "2.0")
    }

    @Test func takesOnlyWhatIsMissingTheNextTime() throws {
        let fixture = try fixture()
        let first = try fixture.store.copy(to: place)
        let nothing = try fixture.store.copy(to: place)
        #expect(nothing.contents == 0)
        #expect(nothing.storeID == first.storeID)
        try fixture.add(try MemoryPackage(version: "3.0"))
        _ = try fixture.store.remove(ModelReference("plain"))
        _ = try fixture.store.pin(ModelReference("tiny:1.0"), false)
        try fixture.store.change(AuditEvent("trust.remove")) { change in
            try change.folder(making: "trust").folder(making: "keys").removeFile("A.asc")
        }
        let again = try fixture.store.copy(to: place)
        // The manifest and the list of the new version; its weights and licence were there.
        #expect(again.contents == 2)
        let copy = try StoreFixture(at: place)
        #expect(try content(copy) == content(fixture))
        #expect(try audit(copy) == audit(fixture))
        #expect(try copy.store.check().isHealthy)
        #expect(try copy.store.collectGarbage(dryRun: true, grace: .zero).blobs.isEmpty)
    }

    @Test func refusesAPlaceThatHoldsSomethingElse() throws {
        let fixture = try fixture()
        let other = try StoreFixture(at: TemporaryHome.around.appending("other"))
        try other.add(try MemoryPackage("other"))
        let folder = try Folder.open(making: TemporaryHome.around.appending("files"))
        try folder.publish([1], as: "diary.txt")
        for path in [other.path, TemporaryHome.around.appending("files")] {
            let error = #expect(throws: StoreError.self) { try fixture.store.copy(to: path) }
            #expect(error?.code == .otherStore)
        }
        for path in [fixture.path, fixture.path.appending("models/inner"), fixture.path.removingLastComponent()] {
            let error = #expect(throws: StoreError.self) { try fixture.store.copy(to: path) }
            #expect(error?.code == .invalidTarget)
        }
        #expect(try folder.names() == ["diary.txt"])
        #expect(try other.store.list().models.count == 1)
        let none = try StoreFixture(at: TemporaryHome.around.appending("none"))
        #expect(throws: StoreError.self) { try none.store.copy(to: place) }
    }

    @Test func leavesACopyAloneThatWasChangedByItself() throws {
        let fixture = try fixture()
        _ = try fixture.store.copy(to: place)
        let copy = try StoreFixture(at: place)
        try copy.add(try MemoryPackage("mine"))
        let before = try copy.files()
        let error = #expect(throws: StoreError.self) { try fixture.store.copy(to: place) }
        #expect(error?.code == .otherStore)
        #expect(try copy.files() == before)
        #expect(try copy.store.check().isHealthy)
    }

    @Test func tellsOfDamageAndLeavesNoStoreThatLooksWhole() throws {
        let fixture = try fixture()
        let weights = try #require(try fixture.store.resolve(ModelReference("plain")).weights.first)
        #expect(chmod(weights.string, 0o600) == 0)
        let file = try Folder.open(weights.removingLastComponent()).names()
        let bytes = try Folder.open(weights.removingLastComponent()).bytes(of: file[0])
        let stream = try #require(fopen(weights.string, "r+"))
        fputc(Int32(bytes[0] ^ 1), stream)
        fclose(stream)
        let error = #expect(throws: StoreError.self) { try fixture.store.copy(to: place) }
        #expect(error?.code == .damaged)
        let refused = #expect(throws: StoreError.self) { try StoreFixture(at: place) }
        #expect(refused?.code == .unfinishedCopy)
        _ = try fixture.store.remove(ModelReference("plain"))
        _ = try fixture.store.remove(ModelReference("tiny"), all: true, forced: true)
        try fixture.add(try MemoryPackage())
        _ = try fixture.store.copy(to: place)
        #expect(try StoreFixture(at: place).store.check().isHealthy)
    }

    @Test func movesByANewNameOnOneFileSystem() throws {
        let fixture = try fixture()
        let before = try fixture.files()
        let list = try fixture.store.list()
        let result = try StoreMove(from: fixture.path, to: place, context: context).run()
        #expect(!result.isCopied)
        let moved = try StoreFixture(at: place)
        #expect(try moved.files() == before)
        #expect(try moved.store.list() == list)
        #expect(try moved.store.check().isHealthy)
        let error = #expect(throws: StoreError.self) { try fixture.store.list() }
        #expect(error?.code == .moved)
        #expect(throws: StoreError.self) { try fixture.add(try MemoryPackage("new")) }
        // And back, where its own note is.
        _ = try StoreMove(from: place, to: fixture.path, context: context).run()
        #expect(try fixture.store.list() == list)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test(.enabled(if: TemporaryFileSystem.isAvailable, "no second file system can be mounted here"))
    func movesToAnotherFileSystemByAVerifiedCopy() throws {
        let fixture = try fixture()
        let storeID = try fixture.store.state()?.storeID
        let content = try content(fixture)
        let list = try fixture.store.list()
        let mount = TemporaryHome.around.appending("mount")
        _ = try Folder.open(making: mount)
        let system = try TemporaryFileSystem(at: mount, bytes: 16 << 20)
        defer { withExtendedLifetime(system) {} }
        let target = mount.appending("store")
        let result = try StoreMove(from: fixture.path, to: target, context: context).run()
        #expect(result.isCopied)
        let moved = try StoreFixture(at: target)
        #expect(try self.content(moved) == content)
        #expect(try moved.store.list() == list)
        #expect(try moved.store.state()?.storeID == storeID)
        #expect(try moved.store.check().isHealthy)
        #expect(try fixture.root().names() == ["lock", "moved.json"])
        #expect(throws: StoreError.self) { try fixture.store.list() }
    }

    /// How a store gets to another place.
    enum Way: CaseIterable { case copied, renamed, movedByCopy }

    @Test(arguments: Way.allCases)
    func whatIsDemandedOfSignaturesGoesAlong(_ way: Way) throws {
        guard way != .movedByCopy || TemporaryFileSystem.isAvailable else { return }
        let fixture = try fixture()
        try fixture.store.change(AuditEvent("trust.update")) { change in
            let trust = try change.folder(making: "trust")
            try trust.publish([5], as: "keys.json")
            try trust.folder(making: "keys").publish([6], as: "B.asc")
        }
        let never = Array("schema = 1\n[signature]\nrequired = \"never\"\n".utf8)
        #expect(try fixture.store.installPolicy(never).isReleasing)
        _ = try fixture.store.rotateAudit()
        let names = ["policy.toml", "trust/keys.json", "trust/keys/A.asc", "trust/keys/B.asc"]
        let before = try names.map { try fixture.bytes(of: $0) }
        let lines = try fixture.auditLines()
        let files = try fixture.store.auditLog().verify().files
        let mount = TemporaryHome.around.appending("mount")
        _ = try Folder.open(making: mount)
        let system = way == .movedByCopy ? try TemporaryFileSystem(at: mount, bytes: 16 << 20) : nil
        defer { withExtendedLifetime(system) {} }
        let target = way == .movedByCopy ? mount.appending("store") : place
        if way == .copied {
            _ = try fixture.store.copy(to: target)
        } else {
            let result = try StoreMove(from: fixture.path, to: target, context: context).run()
            #expect(result.isCopied == (way == .movedByCopy))
        }
        let there = try StoreFixture(at: target)
        let state = try #require(try there.store.state())
        #expect(state.isSignatureLatched && state.isSignatureReleased)
        #expect(try names.map { try there.bytes(of: $0) } == before)
        #expect(try there.auditLines().prefix(lines.count) == lines[...])
        #expect(try there.store.auditLog().verify().files == files)
        let policy = try there.store.policy(systemFolder: TemporaryHome.around.appending("etc"))
        #expect(policy.required == .never)
        // It knows that a policy was set: one that is gone is not "no policy".
        try Folder.open(target).removeFile("policy.toml")
        #expect(throws: PolicyError.self) {
            try there.store.policy(systemFolder: TemporaryHome.around.appending("etc"))
        }
        guard way == .copied else { return }
        // What is tightened in the store is tightened in its copy.
        try fixture.store.installPolicy(Array("schema = 1\n".utf8))
        _ = try fixture.store.copy(to: target)
        #expect(try there.store.state()?.isSignatureReleased == false)
        #expect(try there.bytes(of: "policy.toml") == Array("schema = 1\n".utf8))
    }
}
