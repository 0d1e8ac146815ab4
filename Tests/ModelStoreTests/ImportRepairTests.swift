// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

/// Imports of contents that the store has already, and that went bad there.
@Suite(.temporaryHome)
struct ImportRepairTests {
    enum Damage: CaseIterable {
        case flipped, cut, missing, missingBlob
    }

    /// Does it to the weights of a stored package, under both their names.
    private func damage(_ stored: StoredPackage, _ damage: Damage, _ fixture: StoreFixture) throws {
        let file = stored.weights[0].string
        let digest = try weights(stored)
        let blob = fixture.path.appending("blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)").string
        #expect(chmod(file, 0o600) == 0)
        switch damage {
        case .flipped:
            let raw = open(file, O_WRONLY)
            #expect(pwrite(raw, [0x58], 1, 1000) == 1)
            close(raw)
        case .cut: #expect(truncate(file, 10) == 0)
        case .missing: #expect(unlink(file) == 0)
        case .missingBlob: #expect(unlink(blob) == 0)
        }
        #expect(chmod(file, 0o444) == 0 || damage == .missing)
    }

    private func weights(_ stored: StoredPackage) throws -> SHA256Digest {
        try #require(stored.files.first { $0.path == "model/tiny.gguf" }).sha256
    }

    private func expectWhole(_ fixture: StoreFixture, versions: Int) throws {
        let report = try fixture.store.check()
        #expect(report.isHealthy, "\(report)")
        #expect(report.checkedVersions == versions)
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(try fixture.store.collectGarbage(dryRun: true, grace: .zero).blobs.isEmpty)
    }

    @Test func replacesABlobThatWasCutInEveryPackage() throws {
        let fixture = try StoreFixture()
        let first = try fixture.add(try MemoryPackage("acme/one", license: "one")).package
        try damage(first, .cut, fixture)
        let result = try fixture.add(try MemoryPackage("acme/two", license: "two"))
        #expect(result.outcome == .imported)
        #expect(result.repaired == [try weights(first)])
        try expectWhole(fixture, versions: 2)
    }

    @Test(arguments: [true, false])
    func replacesADamagedBlobByWhatThePackageHas(_ canBeReadAgain: Bool) throws {
        let fixture = try StoreFixture()
        let first = try fixture.add(try MemoryPackage("acme/one", license: "one")).package
        let second = try fixture.add(try MemoryPackage("acme/two", license: "two")).package
        let good = try fixture.bytes(
            of:
                "models/acme/one/\(first.folder.removingLastComponent().lastComponent?.string ?? "")/package/model/tiny.gguf"
        )
        try damage(first, .flipped, fixture)
        let reader = open(second.weights[0].string, O_RDONLY)
        defer { close(reader) }
        var package = try MemoryPackage("acme/three", license: "three")
        package.canBeReadAgain = canBeReadAgain
        let result = try fixture.add(package)
        let digest = try weights(first)
        #expect(result.outcome == .imported)
        #expect(result.repaired == [digest])
        #expect(result.warnings.map(\.identifier) == ["store.repaired"])
        let line = try #require(try fixture.auditLines().last)
        #expect(line.event.details["repaired"] == [.string(digest.hex)])
        for stored in [first, second, result.package] {
            let folder = try Folder.open(stored.weights[0].removingLastComponent())
            #expect(try folder.bytes(of: "tiny.gguf") == good)
            #expect(try folder.status(of: "tiny.gguf")?.mode == 0o444)
            // The blob and three packages.
            #expect(try folder.status(of: "tiny.gguf")?.linkCount == 4)
        }
        var old = [UInt8](repeating: 0, count: 1)
        #expect(pread(reader, &old, 1, 1000) == 1)
        #expect(old == [0x58])
        try expectWhole(fixture, versions: 3)
    }

    @Test func repairsSmallFilesThatItMakesItselfToo() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        let stored = try fixture.add(package).package
        let list = stored.folder.appending("checksums.txt").string
        #expect(chmod(list, 0o600) == 0)
        let raw = open(list, O_WRONLY)
        #expect(pwrite(raw, [0x58], 1, 0) == 1)
        close(raw)
        // A second copy of the list's blob is needed by nothing but a version that comes again.
        let folder = try Folder.open(stored.folder.removingLastComponent().removingLastComponent())
        try folder.removeTree(try #require(stored.folder.removingLastComponent().lastComponent).string)
        let result = try fixture.add(package)
        #expect(result.outcome == .imported)
        #expect(result.repaired == [package.identity])
        try expectWhole(fixture, versions: 1)
    }

    @Test func changesNothingWhereThePackageIsDamagedToo() throws {
        let fixture = try StoreFixture()
        let first = try fixture.add(try MemoryPackage("acme/one", license: "one")).package
        try damage(first, .flipped, fixture)
        let before = try fixture.tree()
        let package = try MemoryPackage("acme/two", license: "two", fault: .flipped(at: 2))
        let error = #expect(throws: BundleError.self) { try fixture.add(package) }
        #expect(error?.code == .digestMismatch)
        #expect(try fixture.tree() == before)
    }

    @Test(arguments: Damage.allCases)
    func mendsAPackageThatIsPresent(_ damage: Damage) throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage("acme/one", license: "one")
        let stored = try fixture.add(package).package
        try fixture.add(try MemoryPackage("acme/two", license: "two"))
        try self.damage(stored, damage, fixture)
        let result = try fixture.add(package)
        #expect(result.outcome == .present)
        let digest = try weights(stored)
        #expect(result.repaired == (damage == .missing ? [] : [digest]))
        #expect(result.written.bytes > 0 || damage == .missing || damage == .missingBlob)
        #expect(try fixture.store.resolve(try ModelReference("acme/one")).version.identity == package.identity)
        try expectWhole(fixture, versions: 2)
        let again = try fixture.add(package)
        #expect(again.repaired.isEmpty && again.written.bytes == 0)
    }

    @Test func saysThatAStreamCannotMendWhatIsPresent() throws {
        let fixture = try StoreFixture()
        var package = try MemoryPackage()
        package.canBeReadAgain = false
        let stored = try fixture.add(package).package
        #expect(try fixture.add(package).outcome == .present)
        try damage(stored, .flipped, fixture)
        let error = #expect(throws: StoreError.self) { try fixture.add(package) }
        #expect(error?.code == .damaged)
        #expect(error?.hint?.contains("--repair") == true)
        #expect(try fixture.auditLines().last?.error == "store.damaged")
    }
}
