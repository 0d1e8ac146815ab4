// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct LostVersionTests {
    /// `acme/tiny` in two versions and `plain`.
    private func fixture() throws -> StoreFixture {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage("acme/tiny", version: "1.0", license: "one"))
        try fixture.add(try MemoryPackage("acme/tiny", version: "2.0", license: "two"))
        try fixture.add(try MemoryPackage("plain"))
        return fixture
    }

    private func folder(_ name: String, _ version: String, _ fixture: StoreFixture) throws -> String {
        let model = try #require(try fixture.store.list(PackageName(validating: name)).models.first)
        let found = try #require(model.versions.first { $0.version.description == version })
        return "\(found.version)~\(found.identity.hex.prefix(12))"
    }

    private func remove(_ path: String, _ fixture: StoreFixture) throws {
        let whole = fixture.path.appending(path)
        try Folder.open(whole.removingLastComponent()).removeTree(try #require(whole.lastComponent).string)
    }

    private func expectNothingIsCollected(_ fixture: StoreFixture) throws {
        let blobs = try fixture.paths(under: "blobs/")
        for isDryRun in [true, false, true, false] {
            let error = #expect(throws: StoreError.self) {
                try fixture.store.collectGarbage(dryRun: isDryRun, grace: .zero)
            }
            #expect(error?.code == .damaged)
        }
        #expect(try fixture.paths(under: "blobs/") == blobs)
    }

    @Test(arguments: ["models", "models/acme", "models/acme/tiny"])
    func tellsOfModelsThatAreGone(_ path: String) throws {
        let fixture = try fixture()
        var expected = ["acme/tiny:" + (try folder("acme/tiny", "1.0", fixture))]
        expected.append("acme/tiny:" + (try folder("acme/tiny", "2.0", fixture)))
        if path == "models" { expected.append("plain:" + (try folder("plain", "1.0", fixture))) }
        try remove(path, fixture)
        let report = try fixture.store.check()
        #expect(report.lost.map(\.reference) == expected)
        #expect(report.error?.exitStatus == .invalidContent)
        try expectNothingIsCollected(fixture)
        #expect(try fixture.store.check().lost.map(\.reference) == expected)
    }

    @Test func tellsOfItWhereOnlyThatModelIsLookedAt() throws {
        let fixture = try fixture()
        let (one, two) = (try folder("acme/tiny", "1.0", fixture), try folder("acme/tiny", "2.0", fixture))
        try remove("models/acme/tiny/\(one)", fixture)
        #expect(try fixture.store.check(ModelReference("tiny")).lost.map(\.folderName) == [one])
        #expect(try fixture.store.check(ModelReference("tiny:1.0")).lost.map(\.folderName) == [one])
        #expect(try fixture.store.check(ModelReference("tiny:2.0")).isHealthy)
        #expect(try fixture.store.check(ModelReference("plain")).isHealthy)
        try remove("models/acme", fixture)
        #expect(try fixture.store.check(ModelReference("acme/tiny")).lost.map(\.folderName) == [one, two])
        let unknown = #expect(throws: StoreError.self) { try fixture.store.check(ModelReference("acme/tiny:3.0")) }
        #expect(unknown?.code == .modelNotFound)
    }

    @Test func isWholeAgainOnceTheyAreImportedAgainOrGivenUp() throws {
        let fixture = try fixture()
        let (one, two) = (try folder("acme/tiny", "1.0", fixture), try folder("acme/tiny", "2.0", fixture))
        try remove("models/acme/tiny/\(one)", fixture)
        try remove("models/acme/tiny/\(two)", fixture)
        try remove("models/_", fixture)
        // The folder that is left names an active version that is gone.
        #expect(try fixture.store.check().problems.count == 1)
        try fixture.add(try MemoryPackage("acme/tiny", version: "2.0", license: "two"))
        #expect(try fixture.store.check().lost.map(\.folderName).count == 2)
        let removed = try fixture.store.remove(try ModelReference("tiny:1.0"))
        #expect(removed.lost.map(\.folderName) == [one])
        #expect(removed.versions.isEmpty && !removed.isModelGone)
        let line = try #require(try fixture.auditLines().last)
        #expect(line.event.operation == "remove" && line.result == .done && line.event.details["lost"] == true)
        #expect(try fixture.store.remove(try ModelReference("plain")).isModelGone)
        #expect(try fixture.store.check().isHealthy)
        #expect(try fixture.store.list().models.map(\.name.description) == ["acme/tiny"])
        // The license of 1.0, its manifest and list, and those of the other model.
        #expect(try !fixture.store.collectGarbage(grace: .zero).blobs.isEmpty)
        #expect(try fixture.store.check().isHealthy)
        let again = #expect(throws: StoreError.self) { try fixture.store.remove(try ModelReference("plain")) }
        #expect(again?.code == .modelNotFound)
    }

    /// A removal of both versions whose command died after it had moved the first.
    @Test func tellsOfAVersionThatARemovalWhichWasCutOffHadLeft() throws {
        let fixture = try fixture()
        let (one, two) = (try folder("acme/tiny", "1.0", fixture), try folder("acme/tiny", "2.0", fixture))
        try fixture.leaveOpen(
            AuditEvent("remove", model: "acme/tiny", details: ["folders": [.string(one), .string(two)]]))
        try remove("models/acme/tiny/\(one)", fixture)
        #expect(try fixture.store.check().lost.isEmpty)
        _ = try fixture.store.pin(ModelReference("plain"), true)
        let ended = try #require(
            try fixture.auditLines().first { $0.kind == .outcome && $0.event.operation == "remove" })
        #expect(ended.result == .recovered && ended.event.details["folders"] == [.string(one)])
        #expect(try fixture.store.check().isHealthy)
        try remove("models/acme/tiny/\(two)", fixture)
        #expect(try fixture.store.check().lost.map(\.folderName) == [two])
        try expectNothingIsCollected(fixture)
    }

    @Test func tellsOfAVersionWhoseRemovalNeverBegan() throws {
        let fixture = try fixture()
        let two = try folder("acme/tiny", "2.0", fixture)
        try fixture.leaveOpen(AuditEvent("remove", model: "acme/tiny", details: ["folders": [.string(two)]]))
        _ = try fixture.store.pin(ModelReference("plain"), true)
        let ended = try #require(
            try fixture.auditLines().first { $0.kind == .outcome && $0.event.operation == "remove" })
        #expect(ended.result == .undone)
        try remove("models/acme/tiny/\(two)", fixture)
        #expect(try fixture.store.check().lost.map(\.folderName) == [two])
    }

    @Test func keepsWhatAVersionThatIsLostMayNeed() throws {
        let fixture = try fixture()
        try remove("models/acme/tiny/\(try folder("acme/tiny", "1.0", fixture))", fixture)
        func blobs() throws -> [String] { try fixture.files().keys.filter { $0.hasPrefix("blobs/") }.sorted() }
        let before = try blobs()
        for reference in ["acme/tiny:2.0", "plain"] {
            let removed = try fixture.store.remove(try ModelReference(reference), forced: true)
            #expect(removed.versions.count == 1 && removed.removedBlobs == 0)
            #expect(removed.warnings.contains { $0.message.contains("may be left over") })
        }
        #expect(try blobs() == before)
        _ = try fixture.store.remove(try ModelReference("acme/tiny:1.0"))
        #expect(try fixture.store.collectGarbage(grace: .zero).blobs.count == before.count)
        #expect(try blobs().isEmpty)
    }

    @Test func asksWhichOfSeveralIsMeant() throws {
        let fixture = try fixture()
        try fixture.add(try MemoryPackage("other/tiny", version: "1.0", license: "three"))
        try remove("models", fixture)
        let reference = try ModelReference("tiny:1.0")
        #expect(try fixture.store.lostVersions(reference).map(\.name.description) == ["acme/tiny", "other/tiny"])
        #expect(#expect(throws: StoreError.self) { try fixture.store.remove(reference) }?.code == .ambiguous)
        let model = try ModelReference("acme/tiny")
        #expect(#expect(throws: StoreError.self) { try fixture.store.remove(model) }?.code == .severalVersions)
        #expect(try fixture.store.remove(model, all: true).lost.count == 2)
        #expect(try fixture.store.remove(reference).lost.map(\.name.description) == ["other/tiny"])
        #expect(try fixture.store.check().lost.map(\.name.description) == ["plain"])
        let missing = try ModelReference("plain:7")
        #expect(#expect(throws: StoreError.self) { try fixture.store.remove(missing) }?.code == .modelNotFound)
    }

    @Test func knowsWhatWasRemovedRefusedOrNeverEnded() throws {
        let fixture = try fixture()
        _ = try fixture.store.remove(try ModelReference("acme/tiny:1.0"))
        _ = try fixture.store.remove(try ModelReference("plain"))
        #expect(throws: (any Error).self) {
            try fixture.add(try MemoryPackage("broken", fault: .throwing(at: 1)))
        }
        #expect(try fixture.store.check().isHealthy)
        // A removal that begins and does not end.
        let left = try folder("acme/tiny", "2.0", fixture)
        let lines = try fixture.bytes(of: "audit/audit.jsonl")
        _ = try fixture.store.remove(try ModelReference("acme/tiny"))
        var cut = try fixture.bytes(of: "audit/audit.jsonl")
        let end = try #require(cut.dropLast().lastIndex(of: 0x0A))
        cut.removeSubrange((end + 1)...)
        #expect(cut.count > lines.count)
        try fixture.write(cut, to: "audit/audit.jsonl")
        #expect(try fixture.store.check().lost.isEmpty)
        // Without its line the log tells of the import alone.
        try fixture.write(lines, to: "audit/audit.jsonl")
        #expect(try fixture.store.check().lost.map(\.folderName) == [left])
    }

    @Test func readsEveryFileOfTheLogAndKnowsLessWithoutTheOldOnes() throws {
        let fixture = try fixture()
        let first = try #require(try fixture.store.rotateAudit().closed)
        try fixture.add(try MemoryPackage("second"))
        _ = try fixture.store.rotateAudit()
        try fixture.add(try MemoryPackage("third"))
        try remove("models", fixture)
        #expect(try fixture.store.check().lost.count == 5)
        try Folder.open(fixture.path.appending("audit")).removeFile(first)
        let report = try fixture.store.check()
        #expect(report.lost.map(\.name.description) == ["second", "third"])
        #expect(report.problems.contains { $0.identifier == "audit.broken" })
        try remove("audit", fixture)
        #expect(try fixture.store.check().lost.isEmpty)
        #expect(try fixture.store.check().problems.map(\.identifier) == ["store.damaged"])
        #expect(throws: StoreError.self) { try fixture.store.collectGarbage(grace: .zero) }
        #expect(try !fixture.paths(under: "blobs/").isEmpty)
    }

    @Test func takesAnEmptyStoreForWhole() throws {
        let fixture = try fixture()
        _ = try fixture.store.remove(try ModelReference("acme/tiny"), all: true)
        _ = try fixture.store.remove(try ModelReference("plain"))
        try remove("models", fixture)
        try remove("blobs", fixture)
        #expect(try fixture.store.check().isHealthy)
        #expect(try fixture.store.collectGarbage(dryRun: true, grace: .zero).blobs.isEmpty)
        #expect(try fixture.store.collectGarbage(grace: .zero).blobs.isEmpty)
    }
}
