// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

/// One odd file in the folder of one model stands in nobody else's way, and baigo's own commands mend it.
@Suite(.temporaryHome)
struct OddFileTests {
    /// What lies where a file belongs.
    enum Oddity: String, CaseIterable, CustomTestStringConvertible {
        case folder
        case pipe
        case link
        case garbage
        case empty

        var testDescription: String { rawValue }

        /// Puts it in the place of a file.
        func lay(_ name: String, in folder: Folder) throws {
            if let status = try folder.status(of: name) {
                if status.kind == .folder { try folder.removeTree(name) } else { try folder.removeFile(name) }
            }
            switch self {
            case .folder: _ = try folder.folder(making: name)
            case .pipe: #expect(mkfifoat(folder.raw, name, 0o600) == 0)
            case .link: #expect(symlinkat("/etc/hostname", folder.raw, name) == 0)
            case .garbage: try folder.publish([0x7B, 0xFF], as: name)
            case .empty: try folder.publish([], as: name)
            }
        }
    }

    private func store() throws -> StoreFixture {
        let fixture = try StoreFixture()
        for version in ["1.0", "2.0"] { try fixture.add(try MemoryPackage(version: version, license: version)) }
        try fixture.add(try MemoryPackage("acme/other", license: "its own"))
        return fixture
    }

    private func folder(_ path: String, of fixture: StoreFixture) throws -> Folder {
        try Folder.open(fixture.path.appending(path))
    }

    private func version(_ start: String, of fixture: StoreFixture) throws -> String {
        try #require(try fixture.paths(under: "models/\(start)~").first)
    }

    @Test(arguments: ["receipt.json", "package/manifest.json", "package"], Oddity.allCases)
    func aVersionThatCannotBeReadLeavesTheOthers(_ file: String, _ oddity: Oddity) throws {
        let fixture = try store()
        let other = FilePath(try version("acme/other/1.0", of: fixture) + file)
        try oddity.lay(
            other.lastComponent?.string ?? "", in: try folder(other.removingLastComponent().string, of: fixture))
        try fixture.root().removeFile("index-1.sqlite")

        let removed = try fixture.store.remove(ModelReference("tiny:1.0"))
        #expect(removed.versions.map(\.version.description) == ["1.0"])
        // What cannot be read may need anything.
        #expect(removed.removedBlobs == 0)
        #expect(!removed.warnings.isEmpty)
        #expect(try fixture.store.pin(ModelReference("tiny:2.0"), true).isChanged)
        #expect(try fixture.add(try MemoryPackage("acme/third")).outcome == .imported)
        #expect(try fixture.add(try MemoryPackage(version: "3.0")).outcome == .imported)
        #expect(try fixture.store.rollback(ModelReference("tiny")).active.version.description == "2.0")
        _ = try fixture.store.setOptions(of: PackageName(validating: "acme/tiny"), ["threads": "2"])
        #expect(throws: (any Error).self) { try fixture.store.collectGarbage(grace: .zero) }
        let listing = try fixture.store.list()
        #expect(listing.models.map(\.name.description) == ["acme/third", "acme/tiny"])
        #expect(listing.warnings.count == 1)
        #expect(try fixture.store.check().versions.map(\.name.description) == ["acme/other"])
        _ = try fixture.store.quarantine(try fixture.store.check())
        #expect(try fixture.store.inventory(createdAt: .now, createdBy: "test").count == 3)

        let culprit = try fixture.store.remove(ModelReference("other"))
        #expect(culprit.isModelGone)
        #expect(culprit.versions.isEmpty)
        #expect(culprit.unreadable.map { $0.hasPrefix("acme/other:1.0~") } == [true])
        #expect(try fixture.store.list().warnings.isEmpty)
        #expect(try fixture.store.collectGarbage(grace: .zero).blobs.isEmpty == false)
        #expect(try fixture.store.check().isHealthy)
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
    }

    @Test(arguments: Oddity.allCases)
    func aVersionThatCannotBeReadIsRemovedByItsName(_ oddity: Oddity) throws {
        let fixture = try store()
        try oddity.lay("receipt.json", in: try folder(try version("acme/tiny/1.0", of: fixture), of: fixture))
        let result = try fixture.store.remove(ModelReference("tiny:1.0"))
        #expect(result.versions.isEmpty && result.unreadable.count == 1 && !result.isModelGone)
        #expect(try fixture.store.list().models.flatMap(\.versions).map(\.version.description) == ["1.0", "2.0"])
        #expect(try fixture.store.resolve(ModelReference("tiny")).version.version.description == "2.0")
        try oddity.lay("receipt.json", in: try folder(try version("acme/tiny/2.0", of: fixture), of: fixture))
        let active = #expect(throws: StoreError.self) { try fixture.store.remove(ModelReference("tiny:2.0")) }
        #expect(active?.code == .activeVersion)
        #expect(try fixture.store.remove(ModelReference("tiny:2.0"), forced: true).isModelGone)
        _ = try fixture.store.collectGarbage(grace: .zero)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test(arguments: Oddity.allCases)
    func anOddActiveFileMakesNoVersionActive(_ oddity: Oddity) throws {
        let fixture = try store()
        try oddity.lay("active", in: try folder("models/acme/tiny", of: fixture))
        #expect(try fixture.store.list().models.map(\.versions.count) == [1, 2])
        #expect(try fixture.store.list().warnings.count == 1)
        #expect(try fixture.store.check().problems.count == 1)
        #expect(throws: (any Error).self) { try fixture.store.resolve(ModelReference("tiny")) }
        #expect(try fixture.store.remove(ModelReference("tiny:1.0")).removedBlobs > 0)
        #expect(try fixture.store.pin(ModelReference("other"), true).isChanged)
        let package = try MemoryPackage(version: "3.0")
        if oddity == .folder {
            let before = try fixture.files()
            #expect(throws: StoreError.self) { try fixture.add(package) }
            #expect(throws: StoreError.self) { try fixture.store.activate(ModelReference("tiny:2.0")) }
            #expect(try fixture.files() == before)
            #expect(try fixture.add(package, activating: false).outcome == .imported)
            _ = try fixture.store.remove(ModelReference("tiny"), all: true)
        } else {
            #expect(try fixture.store.activate(ModelReference("tiny:2.0")).isChanged)
            try oddity.lay("active", in: try folder("models/acme/tiny", of: fixture))
            #expect(try fixture.add(package).outcome == .imported)
            #expect(try fixture.store.resolve(ModelReference("tiny")).version.version.description == "3.0")
        }
        #expect(try fixture.store.check().isHealthy)
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
    }

    @Test(arguments: [Oddity.folder, .pipe, .link, .garbage])
    func nothingIsActivatedWithoutAHistory(_ oddity: Oddity) throws {
        let fixture = try store()
        try oddity.lay("history.jsonl", in: try folder("models/acme/tiny", of: fixture))
        let before = try fixture.files()
        #expect(throws: (any Error).self) { try fixture.add(try MemoryPackage(version: "3.0")) }
        #expect(throws: (any Error).self) { try fixture.store.activate(ModelReference("tiny:1.0")) }
        #expect(try fixture.files() == before)
        #expect(try fixture.store.check().problems.count == 1)
        #expect(try fixture.add(try MemoryPackage("acme/third")).outcome == .imported)
        #expect(try fixture.store.remove(ModelReference("tiny"), all: true).versions.count == 2)
        #expect(try fixture.add(try MemoryPackage(version: "3.0")).outcome == .imported)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test(arguments: [Oddity.folder, .pipe, .link])
    func pinsThatCannotBeReadYieldToForce(_ oddity: Oddity) throws {
        let fixture = try store()
        try oddity.lay("pinned", in: try folder("models/acme/tiny", of: fixture))
        #expect(try fixture.store.list().models.map(\.versions.count) == [1, 2])
        #expect(try fixture.store.list().warnings.count == 1)
        #expect(try fixture.store.usage().models.count == 2)
        #expect(try fixture.store.usage().warnings.count == 1)
        #expect(try fixture.store.check().problems.count == 1)
        let lines = try fixture.auditLines().count
        #expect(throws: FileError.self) { try fixture.store.pin(ModelReference("tiny"), true) }
        let error = #expect(throws: StoreError.self) { try fixture.store.remove(ModelReference("tiny"), all: true) }
        #expect(error?.code == .pinned)
        #expect(try fixture.auditLines().count == lines)
        #expect(try fixture.store.remove(ModelReference("tiny:1.0"), forced: true).versions.count == 1)
        #expect(try fixture.store.remove(ModelReference("tiny"), all: true, forced: true).isModelGone)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test(arguments: [Oddity.folder, .pipe, .link, .garbage])
    func optionsThatCannotBeReadAreAProblem(_ oddity: Oddity) throws {
        let fixture = try store()
        try oddity.lay("options", in: try folder("models/acme/tiny", of: fixture))
        #expect(try fixture.store.check().problems.count == 1)
        #expect(try fixture.store.list().warnings.isEmpty)
        #expect(try fixture.store.remove(ModelReference("tiny"), all: true).isModelGone)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test(arguments: ["staging", "trust", "quarantine", "lock", "policy.toml"])
    func whatStandsAgainstEveryWriterIsAProblemOfTheStore(_ name: String) throws {
        let fixture = try store()
        let oddity: Oddity = ["lock", "policy.toml"].contains(name) ? .folder : .garbage
        try oddity.lay(name, in: try fixture.root())
        let report = try fixture.store.check()
        #expect(report.problems.count == 1)
        #expect(report.error?.code == .damaged)
    }

    @Test(arguments: ["trust/update.json", "trust/keys.json", "policy.toml"])
    func whatJudgesPackagesAndCannotBeReadIsAProblemOfTheStore(_ path: String) throws {
        let fixture = try store()
        try fixture.store.change(AuditEvent("test")) { change in _ = try change.folder(making: "trust") }
        try fixture.write(Array("x\n".utf8), to: path)
        #expect(try fixture.store.check().problems.count == 1)
    }

    @Test func keysThatAreGoneAreAProblemOfTheStore() throws {
        let fixture = try store()
        try fixture.store.change(AuditEvent("test")) { change in try change.setSignatureLatch(true) }
        #expect(try fixture.store.check().problems.count == 1)
    }

    @Test func aRemovalWithAllNamesWhatItCouldNotRead() throws {
        let fixture = try store()
        try fixture.write([1], to: try version("acme/tiny/1.0", of: fixture) + "receipt.json")
        let result = try fixture.store.remove(ModelReference("tiny"), all: true)
        #expect(result.versions.map(\.version.description) == ["2.0"])
        #expect(result.unreadable.map { $0.hasPrefix("acme/tiny:1.0~") } == [true])
        #expect(result.warnings.map(\.identifier) == ["store.damaged"])
        #expect(try fixture.store.collectGarbage(grace: .zero).blobs.count > 0)
    }

    @Test(arguments: ["active", "history.jsonl", "receipt.json"])
    func whatCannotBeSettledEndsAsInterrupted(_ file: String) throws {
        let fixture = try store()
        let package = try MemoryPackage(version: "3.0")
        try fixture.add(package)
        try fixture.cutLastAuditLine()
        let inner = file == "receipt.json" ? try version("acme/tiny/3.0", of: fixture) : "models/acme/tiny"
        try Oddity.folder.lay(file, in: try folder(inner, of: fixture))
        #expect(try fixture.store.pin(ModelReference("other"), true).isChanged)
        let ending = try #require(try fixture.auditLines().dropLast(2).last)
        #expect(ending.result == .interrupted)
        #expect(ending.error == "file.wrong-type" || ending.error == "environment.io")
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
        #expect(try fixture.store.pin(ModelReference("other"), false).isChanged)
        _ = try fixture.store.remove(ModelReference("tiny"), all: true)
        _ = try fixture.store.collectGarbage(grace: .zero)
        #expect(try fixture.add(package).outcome == .imported)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test func aRemovalThatWasCutOffIsFinishedBesideAnOddFile() throws {
        let fixture = try store()
        let path = try version("acme/tiny/2.0", of: fixture)
        let name = FilePath(path).lastComponent?.string ?? ""
        try fixture.store.change(
            AuditEvent("remove", model: "acme/tiny:\(name)", details: ["folders": [.string(name)]])
        ) { _ in }
        let sequence = try #require(try fixture.auditLines().last?.intent)
        try fixture.cutLastAuditLine()
        let trash = try folder("staging", of: fixture).folder(making: "trash-\(sequence)")
        let model = try folder("models/acme/tiny", of: fixture)
        try model.rename(name, to: name, in: trash)
        try Oddity.empty.lay("active", in: model)
        try Oddity.link.lay("pinned", in: model)
        try Oddity.folder.lay("receipt.json", in: try folder(try version("acme/other/1.0", of: fixture), of: fixture))
        try fixture.root().removeFile("index-1.sqlite")
        #expect(try fixture.add(try MemoryPackage("acme/third")).outcome == .imported)
        #expect(try fixture.auditLines().dropLast(2).last?.result == .recovered)
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(try fixture.store.list().models.map(\.name.description) == ["acme/third", "acme/tiny"])
    }
}
