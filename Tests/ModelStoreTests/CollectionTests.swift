// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct CollectionTests {
    /// Puts a blob into the store that no version needs.
    private func orphan(_ text: String, _ fixture: StoreFixture) throws -> SHA256Digest {
        let digest = try SHA256Digest(of: Array(text.utf8))
        let folder = try Folder.open(making: fixture.path.appending("blobs/sha256/\(digest.hex.prefix(2))"))
        try folder.publish(Array(text.utf8), as: digest.hex, mode: 0o444)
        return digest
    }

    @Test func removesWhatNoVersionNeedsAndNothingElse() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        try fixture.add(package)
        // An archivist's second name of a blob means nothing, nor does a blob without one.
        let before = try fixture.files()
        let digest = try orphan("left over", fixture)
        #expect(
            link(
                fixture.path.appending("blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)").string,
                TemporaryHome.around.appending("elsewhere").string) == 0)
        let planned = try fixture.store.collectGarbage(dryRun: true, grace: .zero)
        #expect(planned.blobs.map(\.digest) == [digest])
        #expect(planned.freed.bytes == 9)
        #expect(planned.audit == nil)
        #expect(try fixture.files().count == before.count + 1)
        let done = try fixture.store.collectGarbage(grace: .zero)
        #expect(done.blobs == planned.blobs)
        #expect(try fixture.files() == before)
        #expect(try fixture.auditLines().suffix(2).map(\.event.operation) == ["gc", "gc"])
        #expect(try fixture.auditLines().last?.event.details["bytes"] == 9)
        let lines = try fixture.auditLines().count
        #expect(try fixture.store.collectGarbage(grace: .zero).audit == nil)
        #expect(try fixture.auditLines().count == lines)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test(arguments: ["receipt.json", "package/manifest.json"])
    func removesNothingWhileAVersionCannotBeRead(_ file: String) throws {
        let fixture = try StoreFixture()
        let stored = try fixture.add(try MemoryPackage()).package
        _ = try orphan("left over", fixture)
        let folder = stored.folder.removingLastComponent().lastComponent?.string ?? ""
        try fixture.write([0x7B], to: "models/acme/tiny/\(folder)/\(file)")
        let before = try fixture.files()
        for isDryRun in [true, false] {
            let error = #expect(throws: StoreError.self) {
                try fixture.store.collectGarbage(dryRun: isDryRun, grace: .zero)
            }
            #expect(error?.code == .damaged)
        }
        #expect(try fixture.files() == before)
    }

    @Test(arguments: ["models/x y", "models/acme/tiny/renamed", "models/acme/.tiny", "models/.acme"])
    func removesNothingBesideWhatItDoesNotKnow(_ folder: String) throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        _ = try orphan("left over", fixture)
        _ = try Folder.open(making: fixture.path.appending(folder).appending("1~0123456789ab"))
        let before = try fixture.files()
        #expect(throws: StoreError.self) { try fixture.store.collectGarbage(grace: .zero) }
        #expect(try fixture.files() == before)
    }

    @Test func leavesWhatIsStagedAloneForAWhileWithWhatItPutAmongTheBlobs() throws {
        let now = Timestamp.now
        let fixture = try StoreFixture(time: now)
        try fixture.add(try MemoryPackage())
        let moved = try orphan("moved by an import", fixture)
        let name = String(repeating: "ab", count: 32)
        let staged = try Folder.open(making: fixture.path.appending("staging/\(name)"))
        try staged.publish([1, 2, 3], as: "half")
        try staged.publish(
            Array(#"{"blobs": ["\#(moved.hex)"], "identity": "sha256:\#(name)", "schemaVersion": 1}"#.utf8),
            as: "commit.json")
        let young = try fixture.store.collectGarbage(dryRun: true, grace: .seconds(3600))
        #expect(young.blobs.isEmpty && young.staged.isEmpty)
        #expect(young.young.map(\.name) == [name])
        let later = try StoreFixture(time: Timestamp(secondsSinceEpoch: now.secondsSinceEpoch + 7200))
        let old = try later.store.collectGarbage(dryRun: true, grace: .seconds(3600))
        #expect(old.blobs.map(\.digest) == [moved])
        #expect(old.staged.map(\.name) == [name])
        #expect(try fixture.paths(under: "staging/").count == 3)
        _ = try later.store.collectGarbage(grace: .seconds(3600))
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(try later.store.collectGarbage(dryRun: true, grace: .zero).blobs.isEmpty)
    }

    @Test func waitsForAnImportInsteadOfTouchingWhatItStages() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        try fixture.store.change(AuditEvent("test")) { _ in
            let error = #expect(throws: FileError.self) { try fixture.store.collectGarbage(grace: .zero) }
            #expect(error?.code == .locked)
        }
    }

    @Test func findsNothingWhereThereIsNoStore() throws {
        let fixture = try StoreFixture()
        #expect(try fixture.store.collectGarbage(grace: .zero).blobs.isEmpty)
        #expect(try fixture.tree().isEmpty)
    }
}
