// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct CheckTests {
    private func blob(_ digest: SHA256Digest) -> String { "blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)" }

    private func weights(_ package: MemoryPackage) throws -> PackageFile {
        try #require(package.files.first { $0.path == "model/tiny.gguf" })
    }

    /// Changes bytes of a file where it is, so that every name of it sees them.
    private func damage(_ path: String, _ fixture: StoreFixture, truncating isTruncating: Bool = false) throws {
        let file = fixture.path.appending(path).string
        #expect(chmod(file, 0o600) == 0)
        if isTruncating {
            #expect(truncate(file, 7) == 0)
        } else {
            let raw = open(file, O_WRONLY)
            #expect(pwrite(raw, [0x58], 1, 0) == 1)
            close(raw)
        }
    }

    @Test func findsAWholeStoreWholeAndHashesEachContentOnce() throws {
        let fixture = try StoreFixture()
        let first = try MemoryPackage("acme/one", license: "one")
        let second = try MemoryPackage("acme/two", license: "two")
        try fixture.add(first)
        try fixture.add(second)
        let before = try fixture.tree()
        let report = try fixture.store.check()
        #expect(report.isHealthy)
        #expect(report.error == nil)
        #expect(report.checkedVersions == 2)
        let sizes = Dictionary(
            (first.files + second.files).map { ($0.sha256, $0.size) }, uniquingKeysWith: { $1 })
        let lists = Int64(first.checksumsBytes.count + second.checksumsBytes.count)
        #expect(report.hashed.bytes == sizes.values.reduce(0, +) + lists)
        #expect(report.checkedBlobs == sizes.count + 2)
        #expect(try fixture.tree() == before)
    }

    @Test func tellsEachKindOfDamageAndWhomItAffects() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage("acme/one", license: "one")
        let other = try MemoryPackage("acme/two", license: "two")
        try fixture.add(package)
        let second = try fixture.add(other).package
        let shared = try weights(package).sha256
        let license = try #require(other.files.first { $0.path == "model/LICENSE" })
        let manifest = try #require(package.files.first { $0.path == "manifest.json" })
        try damage(blob(shared), fixture)
        try damage(blob(license.sha256), fixture, truncating: true)
        #expect(unlink(fixture.path.appending(blob(manifest.sha256)).string) == 0)
        let report = try fixture.store.check()
        let names = Dictionary(report.blobs.map { ($0.digest, $0.status.name) }, uniquingKeysWith: { $1 })
        #expect(names == [shared: "digest", license.sha256: "size", manifest.sha256: "missing"])
        let affected = report.blobs.first { $0.digest == shared }?.affects ?? []
        #expect(affected.count == 2)
        #expect(affected.contains(second.version.exactReference.description))
        #expect(report.versions.map(\.name.description) == ["acme/one", "acme/two"])
        #expect(report.error?.exitStatus == .invalidContent)
        let one = try fixture.store.check(ModelReference("two"))
        #expect(Set(one.blobs.map(\.digest)) == [shared, license.sha256])
    }

    @Test func tellsWhatDiffersInAPackage() throws {
        let fixture = try StoreFixture()
        let stored = try fixture.add(try MemoryPackage()).package
        let inner = stored.folder.appending("model")
        #expect(unlink(inner.appending("LICENSE").string) == 0)
        try Folder.open(inner).publish([1], as: "notes.txt")
        #expect(unlink(inner.appending("tiny.gguf").string) == 0)
        #expect(symlink("/etc/passwd", inner.appending("tiny.gguf").string) == 0)
        let report = try fixture.store.check()
        #expect(report.blobs.isEmpty)
        let files = report.versions.first?.files.map { "\($0.path) \($0.status.name)" }
        #expect(files == ["model/LICENSE missing", "model/notes.txt extra", "model/tiny.gguf missing"])
    }

    @Test func hashesACopyThatSharesNothingWithItsBlob() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        let stored = try fixture.add(package).package
        let inner = try Folder.open(stored.folder.appending("model"))
        try inner.publish(package.bytes(of: "model/LICENSE"), as: "LICENSE")
        #expect(try fixture.store.check().isHealthy)
        try inner.publish(package.bytes(of: "model/LICENSE").reversed(), as: "LICENSE")
        let report = try fixture.store.check()
        #expect(report.blobs.isEmpty)
        #expect(report.versions.first?.files.map(\.status.name) == ["digest"])
        let result = try fixture.store.repair(report, from: .folder(inner), origin: "itself")
        #expect(result.files.count == 1)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test func findsTheAuditLogChangedAndActiveAstray() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        try fixture.write(Array("9~000000000000\n".utf8), to: "models/acme/tiny/active")
        try fixture.write(Array("{}\n".utf8), to: "models/acme/tiny/history.jsonl")
        try fixture.write([], to: "audit/audit.jsonl")
        let report = try fixture.store.check()
        #expect(report.problems.map(\.identifier) == ["store.damaged", "store.damaged", "audit.unexpected-head"])
    }

    @Test func quarantinesWhatIsDamagedAndRunsNothingOnIt() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        let stored = try fixture.add(package).package
        let digest = try weights(package).sha256
        try damage(blob(digest), fixture)
        let damagedBytes = try fixture.bytes(of: blob(digest))
        // By size alone nothing is wrong yet.
        _ = try fixture.store.resolve(ModelReference("tiny"))
        let moved = try #require(try fixture.store.quarantine(try fixture.store.check()))
        #expect(moved.blobs == [digest])
        #expect(access(fixture.path.appending(blob(digest)).string, F_OK) != 0)
        #expect(access(stored.folder.appending("model/tiny.gguf").string, F_OK) != 0)
        #expect(try Folder.open(FilePath(moved.folder)).bytes(of: digest.hex) == damagedBytes)
        let error = #expect(throws: StoreError.self) { try fixture.store.resolve(ModelReference("tiny")) }
        #expect(error?.code == .damaged)
        let report = try fixture.store.check()
        #expect(report.blobs.map(\.status) == [.missing])
        // The folder that it left empty belongs there.
        #expect(report.versions.flatMap(\.files).map(\.status) == [.missing])
        #expect(try fixture.store.quarantine(report) == nil)
        #expect(try fixture.auditLines().suffix(2).map(\.event.operation) == ["check.quarantine", "check.quarantine"])
        // Another model that brings the content again heals the blob, and not by itself the version.
        try fixture.add(try MemoryPackage("acme/other"))
        #expect(throws: StoreError.self) { try fixture.store.resolve(ModelReference("tiny")) }
        #expect(try fixture.store.check().versions.map(\.name.description) == ["acme/tiny"])
    }

    @Test func leavesAloneWhatIsNotDamagedAnyMore() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        try fixture.add(package)
        let digest = try weights(package).sha256
        try damage(blob(digest), fixture)
        let report = try fixture.store.check()
        let raw = open(fixture.path.appending(blob(digest)).string, O_WRONLY)
        #expect(pwrite(raw, package.bytes(of: "model/tiny.gguf"), 1, 0) == 1)
        close(raw)
        #expect(try fixture.store.quarantine(report) == nil)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test func repairsFromAFolderThatHoldsTheContents() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        let stored = try fixture.add(package).package
        let whole = try fixture.files().filter { $0.key.hasPrefix("blobs/") || $0.key.contains("/package/") }
        let medium = TemporaryHome.around.appending("medium").appending("deep")
        let folder = try Folder.open(making: medium)
        try folder.publish(package.bytes(of: "model/tiny.gguf"), as: "renamed.bin")
        try folder.publish(package.bytes(of: "model/LICENSE").reversed(), as: "LICENSE")
        try damage(blob(try weights(package).sha256), fixture)
        let license = try #require(package.files.first { $0.path == "model/LICENSE" })
        // Gone among the blobs, alive in the package.
        #expect(unlink(fixture.path.appending(blob(license.sha256)).string) == 0)
        let result = try fixture.store.repair(
            try fixture.store.check(), from: RepairSource(at: medium.removingLastComponent()), origin: "medium")
        #expect(Set(result.blobs) == [try weights(package).sha256, license.sha256])
        #expect(try fixture.store.check().isHealthy)
        #expect(
            try fixture.files().filter { $0.key.hasPrefix("blobs/") || $0.key.contains("/package/") } == whole)
        #expect(try fixture.paths(under: "staging/").isEmpty)
        _ = try fixture.store.resolve(stored.version.exactReference)
        let audit = try fixture.auditLines().suffix(2)
        #expect(audit.map(\.event.operation) == ["check.repair", "check.repair"])
        #expect(audit.last?.event.details["blobs"] == 2)
    }

    @Test func takesNothingThatIsNotTheContent() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        try fixture.add(package)
        try damage(blob(try weights(package).sha256), fixture)
        let medium = try Folder.open(making: TemporaryHome.around.appending("medium"))
        var wrong = package.bytes(of: "model/tiny.gguf")
        wrong[wrong.count - 1] ^= 1
        try medium.publish(wrong, as: "tiny.gguf")
        #expect(symlink("/dev/zero", TemporaryHome.around.appending("medium/zero").string) == 0)
        let result = try fixture.store.repair(try fixture.store.check(), from: .folder(medium), origin: "medium")
        #expect(result.blobs.isEmpty)
        #expect(!(try fixture.store.check().isHealthy))
        #expect(try fixture.paths(under: "staging/").isEmpty)
    }

    @Test func rebuildsTheIndexFromPlainFiles() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage("acme/one"))
        try fixture.add(try MemoryPackage("acme/two"))
        let before = try fixture.store.list()
        try fixture.write([1, 2, 3], to: "index-1.sqlite")
        #expect(try fixture.store.rebuildIndex() == 2)
        #expect(try fixture.bytes(of: "index-1.sqlite").count > 4096)
        #expect(try fixture.store.list() == before)
    }

    @Test func checksNothingWhereThereIsNoStore() throws {
        let fixture = try StoreFixture()
        #expect(try fixture.store.check().isHealthy)
        #expect(throws: StoreError.self) { try fixture.store.check(ModelReference("tiny")) }
        #expect(try fixture.tree().isEmpty)
    }
}
