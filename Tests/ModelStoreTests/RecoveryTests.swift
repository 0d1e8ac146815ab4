// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

/// What a command that died left behind is laid out by hand here, as `docs/store.md` describes it.
@Suite(.temporaryHome)
struct RecoveryTests {
    private let log = "audit/audit.jsonl"

    /// Something that takes the lock and changes nothing.
    private func touch(_ fixture: StoreFixture) throws {
        try fixture.store.recordRefusal(AuditEvent("test"), error: CancellationError())
    }

    @Test func keepsWhatAnInterruptedImportHasStaged() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage("acme/kept"))
        let before = try fixture.tree()
        let package = try MemoryPackage("acme/lost", license: "never committed")
        #expect(throws: StoreError.self) { try fixture.store.remove(ModelReference("nothing")) }
        let staging = try Folder.open(fixture.path.appending("staging"))
        let area = try staging.folder(making: package.identity.hex)
        let files = try area.folder(making: "files")
        try files.publish([1, 2, 3], as: package.files[0].sha256.hex, mode: 0o444)
        _ = try area.folder(making: "version").folder(making: "package")
        try fixture.store.change(AuditEvent("test")) { _ in }
        let staged = "staging/\(package.identity.hex)/"
        let added = Set(try fixture.tree().keys).subtracting(before.keys)
        #expect(added == [staged, staged + "files/", staged + "files/\(package.files[0].sha256.hex)"])
        #expect(try fixture.add(package).outcome == .imported)
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test func stagesBlobsAgainThatCameWithoutAVersion() throws {
        let fixture = try StoreFixture()
        let kept = try MemoryPackage("acme/kept", license: "shared")
        try fixture.add(kept)
        let before = try fixture.tree().filter { $0.value != nil }
        let orphan = Array("no version needs this".utf8)
        let digest = try SHA256Digest(of: orphan)
        let prefix = String(digest.hex.prefix(2))
        let blobs = try Folder.open(fixture.path.appending("blobs/sha256"))
        try blobs.folder(making: prefix).publish(orphan, as: digest.hex, mode: 0o444)
        let area = try Folder.open(fixture.path.appending("staging")).folder(making: digest.hex)
        let listed = [digest.hex] + kept.files.map(\.sha256.hex)
        let journal: JSONValue = [
            "blobs": .array(listed.map(JSONValue.string)), "identity": .string(digest.description), "schemaVersion": 1,
        ]
        try area.publish(journal.prettyBytes, as: "commit.json")
        _ = try area.folder(making: "files")
        try touch(fixture)
        let staged = "staging/\(digest.hex)/files/\(digest.hex)"
        #expect(try fixture.files()[staged] == orphan)
        #expect(
            try fixture.tree().filter { $0.value != nil && $0.key != staged } == before)
        #expect(try fixture.store.resolve(ModelReference("kept")).version.identity == kept.identity)
    }

    @Test func finishesAnImportWhoseVersionIsThere() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        let second = try MemoryPackage(version: "2.0")
        try fixture.add(second)
        // The process died after the folder was renamed into place: neither active, nor in the index, nor told.
        try fixture.cutLastAuditLine()
        let history = try fixture.bytes(of: "models/acme/tiny/history.jsonl").split(separator: 0x0A)
        try fixture.write(history[0] + [0x0A], to: "models/acme/tiny/history.jsonl")
        try fixture.write(
            Array("1.0~\(try MemoryPackage(version: "1.0").identity.hex.prefix(12))\n".utf8),
            to: "models/acme/tiny/active")
        try fixture.root().removeFile("index-1.sqlite")
        #expect(try fixture.store.resolve(ModelReference("tiny")).version.version.description == "1.0")
        #expect(try fixture.store.list().models.first?.versions.count == 2)

        try touch(fixture)
        #expect(try fixture.store.resolve(ModelReference("tiny")).version.identity == second.identity)
        #expect(try fixture.bytes(of: "models/acme/tiny/history.jsonl").split(separator: 0x0A).count == 2)
        let lines = try fixture.auditLines()
        #expect(lines.suffix(2).map(\.result) == [.recovered, .failed])
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
    }

    @Test func finishesAnImportAlsoWhenTheNextWriterDied() throws {
        let fixture = try StoreFixture()
        let first = try MemoryPackage(version: "1.0")
        try fixture.add(first)
        try fixture.add(try MemoryPackage(version: "2.0"))
        try fixture.cutLastAuditLine()
        try fixture.write(try fixture.bytes(of: log) + Array(#"{"by":"al"#.utf8), to: log)
        try touch(fixture)
        // All that the next writer did was to account for the outcome that was cut short.
        let lines = try fixture.bytes(of: log).split(separator: 0x0A).map { Array($0) + [0x0A] }
        let recovery = try #require(lines.firstIndex { String(decoding: $0, as: UTF8.self).contains("audit.recover") })
        try fixture.write(Array(lines[...recovery].joined()), to: log)
        let history = try fixture.bytes(of: "models/acme/tiny/history.jsonl").split(separator: 0x0A)
        try fixture.write(history[0] + [0x0A], to: "models/acme/tiny/history.jsonl")
        try fixture.write(Array("1.0~\(first.identity.hex.prefix(12))\n".utf8), to: "models/acme/tiny/active")
        #expect(try fixture.store.auditLog().verify().openIntents == [3])
        try touch(fixture)
        #expect(try fixture.store.resolve(ModelReference("tiny")).version.version.description == "2.0")
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
        #expect(try fixture.auditLines().suffix(3).map(\.kind) == [.recovery, .outcome, .outcome])
        #expect(try fixture.store.check().isHealthy)
    }

    @Test func doesNotActivateTwiceWhatWasActive() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        try fixture.cutLastAuditLine()
        let before = try fixture.tree()
        try touch(fixture)
        #expect(try fixture.bytes(of: "models/acme/tiny/history.jsonl").split(separator: 0x0A).count == 1)
        #expect(
            try fixture.tree().filter { $0.key != "index-1.sqlite" } == before.filter { $0.key != "index-1.sqlite" })
    }

    @Test func saysThatAnImportWasUndone() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        #expect(throws: (any Error).self) { try fixture.add(try MemoryPackage(fault: .missing(at: 0))) }
        try fixture.cutLastAuditLine()
        #expect(try fixture.store.auditLog().verify().openIntents == [1])
        #expect(try fixture.add(package).outcome == .imported)
        #expect(try fixture.auditLines().map(\.result) == [nil, .undone, nil, .done])
    }

    @Test func finishesARemovalOfWhatWasMovedAway() throws {
        let fixture = try StoreFixture()
        let kept = try MemoryPackage("acme/kept", license: "shared")
        try fixture.add(kept)
        let kernel = try fixture.tree().filter { $0.value != nil && $0.key != "index-1.sqlite" }
        let gone = try MemoryPackage("acme/tiny", license: "its own")
        try fixture.add(gone)
        let name = "1.0~\(gone.identity.hex.prefix(12))"
        // The process died after the version's folder was moved: the index and `active` still name it.
        try fixture.store.change(
            AuditEvent(
                "remove", model: "acme/tiny:\(name)", identity: gone.identity, details: ["folders": [.string(name)]])
        ) { _ in }
        try fixture.cutLastAuditLine()
        let trash = try Folder.open(fixture.path.appending("staging")).folder(making: "trash-5")
        try Folder.open(fixture.path.appending("models/acme/tiny")).rename(name, to: name, in: trash)
        #expect(try fixture.store.list().models.map(\.name.description) == ["acme/kept"])
        // What the next writer finishes is no damage.
        #expect(try fixture.store.check().isHealthy)

        try touch(fixture)
        #expect(try fixture.tree().filter { $0.value != nil && $0.key != "index-1.sqlite" } == kernel)
        #expect(try fixture.auditLines().suffix(2).map(\.result) == [.recovered, .failed])
    }

    @Test func leavesAVersionWhoseRemovalHadNotBegun() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        try fixture.add(package)
        let name = "1.0~\(package.identity.hex.prefix(12))"
        try fixture.store.change(
            AuditEvent("remove", model: "acme/tiny:\(name)", details: ["folders": [.string(name)]])
        ) { _ in }
        try fixture.cutLastAuditLine()
        try touch(fixture)
        #expect(try fixture.store.resolve(ModelReference("tiny")).version.identity == package.identity)
        #expect(try fixture.auditLines().suffix(2).map(\.result) == [.undone, .failed])
    }

    @Test func putsASignatureBackThatNoReceiptKnows() throws {
        let fixture = try StoreFixture()
        var package = try MemoryPackage()
        package.signature = [1, 2, 3]
        let stored = try fixture.add(package).package
        try fixture.store.change(
            AuditEvent("import", model: "acme/tiny:1.0", identity: package.identity, details: ["adding": "signatures"])
        ) { _ in }
        try fixture.cutLastAuditLine()
        try Folder.open(stored.folder).publish([9, 9, 9, 9], as: "checksums.txt.asc")
        #expect(throws: StoreError.self) { try fixture.store.resolve(ModelReference("tiny")) }
        try touch(fixture)
        #expect(try Folder.open(stored.folder).bytes(of: "checksums.txt.asc") == [1, 2, 3])
        #expect(try fixture.store.resolve(ModelReference("tiny")).version.identity == package.identity)
        #expect(try fixture.auditLines().suffix(2).map(\.result) == [.undone, .failed])
    }
}
