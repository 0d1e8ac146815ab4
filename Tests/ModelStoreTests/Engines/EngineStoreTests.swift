// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Foundation
import ModelStore
import SystemPackage
import TestSupport
import Testing

/// Engines in a store; nothing of them is run here.
@Suite(.temporaryHome)
struct EngineStoreTests {
    private let fixture: StoreFixture
    private let folder: TemporaryFolder

    init() throws {
        fixture = try StoreFixture()
        folder = try TemporaryFolder()
    }

    private var store: ModelStore { fixture.store }

    private func pack(
        _ id: String = "own", _ version: String = "1", _ accelerator: String = "cpu", data: [UInt8] = [1, 2, 3]
    ) throws -> EnginePack {
        var builder = EnginePackBuilder(own: id, version: version, accelerator: accelerator)
        builder.files[1].data = data
        let path = folder.path.appending("\(id)-\(version)-\(accelerator)-\(data.count).baiengine")
        try Data(try builder.bytes()).write(to: URL(fileURLWithPath: path.string))
        return try EnginePack.open(path, copyingTo: folder.path)
    }

    @discardableResult
    private func add(_ pack: EnginePack) throws -> EngineImportResult {
        try store.importEngine(pack, from: "/stick/x.baiengine") {
            try pack.judge(by: [], acceptingExpired: [], named: pack.digest, now: StoreFixture.start)
        }
    }

    private func activate(_ name: String) throws -> EngineActivationResult {
        try store.activateEngine(EngineReference(name)) { _ in ["proved": true] }
    }

    private func operations() throws -> [String] {
        try fixture.auditLines().map { "\($0.event.operation) \($0.result?.rawValue ?? $0.kind.rawValue)" }
    }

    @Test func importsAPackWholeWithReceiptAndAuditLines() throws {
        let pack = try pack()
        let result = try add(pack)
        #expect(!result.wasPresent)
        #expect(result.engine.reference == "own:1-cpu")
        let place = "engines/own/1-cpu/"
        #expect(
            try fixture.paths(under: place)
                == [
                    "package/", "package/libs/", "package/libs/libllama.so.0", "package/llama-server",
                    "package/manifest.json", "receipt.json",
                ].map { place + $0 })
        let receipt = try JSONValue(strict: try fixture.bytes(of: place + "receipt.json"))
        #expect(receipt["digest"]?.string == pack.digest.description)
        #expect(receipt["from"] == "/stick/x.baiengine")
        #expect(receipt["by"] == "alice@vault")
        #expect(receipt["trusted"] == false)
        #expect(receipt["signature"]?["digestNamed"] == true)
        #expect(try operations() == ["engine.import intent", "engine.import done"])
        #expect(try fixture.auditLines().last?.event.identity == pack.digest)
        #expect(try store.auditLog().verify().openIntents.isEmpty)
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(try store.activeEngine() == nil)

        #expect(try add(try self.pack()).wasPresent)
        #expect(try operations().last == "engine.import present")
    }

    @Test func keepsVersionsAndBuildsSideBySideButNoTwoOfOneName() throws {
        try add(try pack())
        try add(try pack("own", "2"))
        try add(try pack("own", "2", "vulkan"))
        try add(try pack("other"))
        #expect(
            try store.engines().engines.map(\.reference) == [
                "other:1-cpu", "own:2-vulkan", "own:2-cpu", "own:1-cpu",
            ])
        let conflict = #expect(throws: StoreError.self) { try add(try pack(data: [4])) }
        #expect(conflict?.code == .alreadyExists)
        let case1 = #expect(throws: StoreError.self) { try add(try pack("OWN", "9")) }
        #expect(case1?.code == .nameConflict)
        #expect(try operations().suffix(2) == ["engine.import refused", "engine.import refused"])
        #expect(try store.engine(EngineReference("own:1")).reference == "own:1-cpu")
        #expect(try store.engine(EngineReference("own:2-vulkan")).reference == "own:2-vulkan")
        for (name, code) in [
            ("own", StoreError.Code.ambiguous), ("own:2", .ambiguous), ("own:3", .engineNotFound),
            ("nothing", .engineNotFound),
        ] {
            let error = #expect(throws: StoreError.self) { _ = try store.engine(EngineReference(name)) }
            #expect(error?.code == code)
        }
        for name in ["", "../x", "a:../b", "a:b/c", "a:"] {
            let error = #expect(throws: StoreError.self) { _ = try EngineReference(name) }
            #expect(error?.code == .invalidReference)
        }
    }

    @Test func aRefusedPackLeavesNothing() throws {
        let pack = try pack()
        let error = #expect(throws: BundleError.self) {
            _ = try store.importEngine(pack, from: "/x") {
                try pack.judge(by: [], acceptingExpired: [], named: nil, now: StoreFixture.start)
            }
        }
        #expect(error?.code == .signatureMissing)
        #expect(try store.engines().engines.isEmpty)
        #expect(try operations() == ["engine.import refused"])
        #expect(try fixture.auditLines().last?.error == "signature.missing")
    }

    @Test func anEngineIsLaidOutFlatProvedAndThenActive() throws {
        try add(try pack())
        var seen: [String] = []
        let result = try store.activateEngine(EngineReference("own")) { trial in
            seen = try Folder.open(trial.folder).names()
            // What a proof takes away is not started later.
            try Folder.open(trial.folder).removeFile("libllama.so.0")
            return ["proved": true]
        }
        #expect(seen == ["libllama.so.0", "llama-server"])
        #expect(result.isChanged && result.previous == nil)
        let ready = try #require(result.active?.ready)
        #expect(try Folder.open(ready).names() == ["engine.json", "llama-server"])
        #expect(try Folder.open(ready).status(of: "llama-server")?.mode == 0o755)
        #expect(try fixture.bytes(of: "engines/own/1-cpu/package/libs/libllama.so.0") == [1, 2, 3])
        #expect(try store.activeEngine()?.reference == "own:1-cpu")
        #expect(try operations().suffix(2) == ["engine.activate intent", "engine.activate done"])
        // Once more: proved again, in a new place, and no second line of history.
        let again = try activate("own")
        #expect(!again.isChanged && again.active?.ready != ready)
        #expect(try store.engineHistory().map(\.reference) == ["own:1-cpu"])
        #expect(
            try fixture.paths(under: "engines/own/1-cpu/").count {
                $0.contains("/ready-") && $0.hasSuffix("engine.json")
            } == 1)
    }

    @Test func theOldEngineStaysWhenTheNewOneFailsItsProof() throws {
        struct Failure: Error {}
        try add(try pack())
        try add(try pack("own", "2"))
        _ = try activate("own:1")
        let before = try fixture.tree()
        #expect(throws: Failure.self) {
            _ = try store.activateEngine(EngineReference("own:2")) { _ in throw Failure() }
        }
        #expect(try fixture.tree() == before)
        #expect(try store.activeEngine()?.reference == "own:1-cpu")
        #expect(try operations().last == "engine.activate failed")
        // An edited library is never run.
        try fixture.write([9, 9, 9], to: "engines/own/2-cpu/package/libs/libllama.so.0")
        let error = #expect(throws: StoreError.self) {
            _ = try store.activateEngine(EngineReference("own:2")) { _ in
                Issue.record("a proof was begun")
                return .null
            }
        }
        #expect(error?.code == .damaged)
        #expect(try store.activeEngine()?.reference == "own:1-cpu")
    }

    @Test func rollsBackAlongTheHistory() throws {
        for version in ["1", "2", "3"] { try add(try pack("own", version)) }
        for version in ["1", "2", "3"] { _ = try activate("own:\(version)") }
        let rollback = { try store.rollbackEngine { _ in .null }.active?.reference }
        #expect(try rollback() == "own:2-cpu")
        #expect(try rollback() == "own:1-cpu")
        #expect(try rollback() == nil)
        let error = #expect(throws: StoreError.self) { _ = try rollback() }
        #expect(error?.code == .nothingOlder)
        #expect(
            try store.engineHistory().map { "\($0.action) \($0.reference)" } == [
                "activate own:1-cpu", "activate own:2-cpu", "activate own:3-cpu", "rollback own:2-cpu",
                "rollback own:1-cpu", "rollback built-in",
            ])
        _ = try activate("own:3")
        #expect(try store.deactivateEngine().previous?.reference == "own:3-cpu")
        #expect(try store.activeEngine() == nil)
        #expect(try rollback() == "own:3-cpu")
    }

    @Test func removesAnEngineButTheActiveOneOnlyByForce() throws {
        try add(try pack())
        try add(try pack("own", "2"))
        _ = try activate("own:2")
        let error = #expect(throws: StoreError.self) { _ = try store.removeEngine(EngineReference("own:2")) }
        #expect(error?.code == .activeVersion)
        #expect(try store.removeEngine(EngineReference("own:1")).reference == "own:1-cpu")
        #expect(try store.engines().engines.map(\.reference) == ["own:2-cpu"])
        _ = try store.removeEngine(EngineReference("own:2"), forced: true)
        #expect(try fixture.paths(under: "engines/") == ["engines/history.jsonl"])
        #expect(try store.activeEngine() == nil)
        let older = #expect(throws: StoreError.self) { _ = try store.rollbackEngine { _ in .null } }
        #expect(older?.code == .nothingOlder)
    }

    @Test func aDamagedEngineIsAWarningAndHidesNoOther() throws {
        try add(try pack())
        try add(try pack("own", "2"))
        try fixture.write(Array("{".utf8), to: "engines/own/2-cpu/receipt.json")
        let listing = try store.engines()
        #expect(listing.engines.map(\.reference) == ["own:1-cpu"])
        #expect(listing.warnings.map(\.identifier) == ["store.damaged"])
        try fixture.write(Array("own/9-cpu/ready-1\n".utf8), to: "engines/active")
        let error = #expect(throws: StoreError.self) { _ = try store.activeEngine() }
        #expect(error?.code == .damaged)
    }

    @Test(arguments: ["", "\n", "own/9-cpu", "own/1-cpu/ready-x/y\n", "../x/ready-1\n", "\u{0}\n"])
    func aDamagedNameOfTheActiveEngineStandsInNoWay(_ damage: String) throws {
        for version in ["1", "2"] { try add(try pack("own", version)) }
        _ = try activate("own:1")
        _ = try activate("own:2")
        let active = "engines/active"
        func breakIt() throws { try fixture.write(Array(damage.utf8), to: active) }
        try breakIt()
        let error = #expect(throws: StoreError.self) { _ = try store.activeEngine() }
        #expect(error?.code == .damaged)
        #expect(error?.hint?.contains("baigo engine activate built-in") == true)
        #expect(try store.engines().engines.count == 2 && store.engines().active == nil)
        #expect(try store.engines().warnings.map(\.identifier) == ["store.damaged"])
        #expect(try add(try pack("own", "3")).engine.reference == "own:3-cpu")
        // A switch that fails leaves it as it was, what it may name included.
        struct Failure: Error {}
        let before = try fixture.tree().filter { $0.key.hasPrefix("engines/") }
        #expect(throws: Failure.self) {
            _ = try store.activateEngine(EngineReference("own:1")) { _ in throw Failure() }
        }
        #expect(try fixture.tree().filter { $0.key.hasPrefix("engines/") } == before)
        #expect(try store.auditLog().verify().openIntents.isEmpty)
        // All ways back.
        #expect(try activate("own:1").active?.reference == "own:1-cpu")
        try breakIt()
        #expect(try store.deactivateEngine().isChanged)
        #expect(try store.activeEngine() == nil)
        _ = try activate("own:2")
        try breakIt()
        #expect(try store.rollbackEngine { _ in .null }.active?.reference == "own:2-cpu")
        try breakIt()
        _ = try store.removeEngine(EngineReference("own:1"))
        #expect(try store.engines().engines.map(\.reference) == ["own:3-cpu", "own:2-cpu"])
    }

    @Test func aTornLineOfTheHistoryIsCutOff() throws {
        for version in ["1", "2"] { try add(try pack("own", version)) }
        _ = try activate("own:1")
        let history = "engines/history.jsonl"
        let whole = try fixture.bytes(of: history)
        try fixture.write(whole + Array("{\"action\":\"activ".utf8), to: history)
        #expect(try store.engineHistory().map(\.reference) == ["own:1-cpu"])
        _ = try activate("own:2")
        #expect(try store.engineHistory().map(\.reference) == ["own:1-cpu", "own:2-cpu"])
        #expect(try fixture.bytes(of: history).starts(with: whole))
        #expect(try store.rollbackEngine { _ in .null }.active?.reference == "own:1-cpu")
    }

    @Test func aMalformedLineOfTheHistoryIsSaidSoAndStandsInNoWay() throws {
        for version in ["1", "2"] { try add(try pack("own", version)) }
        _ = try activate("own:1")
        let history = "engines/history.jsonl"
        try fixture.write(try fixture.bytes(of: history) + Array("{oops\n".utf8), to: history)
        let error = #expect(throws: StoreError.self) { _ = try store.engineHistory() }
        #expect(error?.code == .damaged)
        #expect(error?.hint?.contains("baigo engine activate built-in") == true)
        _ = try activate("own:2")
        #expect(try store.rollbackEngine { _ in .null }.active?.reference == "own:1-cpu")
        #expect(try store.deactivateEngine().isChanged)
        let lines = try fixture.bytes(of: history).split(separator: 0x0A)
        #expect(lines.count == 5 && Array(lines[1]) == Array("{oops".utf8))
    }

    @Test func rollsBackPastAnEngineThatIsGone() throws {
        for version in ["1", "2"] { try add(try pack("own", version)) }
        _ = try activate("own:1")
        _ = try store.deactivateEngine()
        _ = try activate("own:2")
        try FileManager.default.removeItem(atPath: fixture.path.appending("engines/own/2-cpu").string)
        #expect(try store.deactivateEngine().isChanged)
        // Neither to the engine that is gone nor to the one that is in use, but to the one before them.
        #expect(try store.rollbackEngine { _ in .null }.active?.reference == "own:1-cpu")
        try FileManager.default.removeItem(atPath: fixture.path.appending("engines/own/1-cpu").string)
        _ = try store.deactivateEngine()
        let error = #expect(throws: StoreError.self) { _ = try store.rollbackEngine { _ in .null } }
        #expect(error?.code == .nothingOlder)
    }

    @Test func aCopyOfTheStoreHasTheEngines() throws {
        try add(try pack())
        _ = try activate("own")
        let copy = folder.path.appending("copy")
        _ = try store.copy(to: copy)
        let other = try StoreFixture(at: copy)
        #expect(try other.store.activeEngine()?.reference == "own:1-cpu")
        let ready = try #require(try other.store.activeEngine()?.ready)
        #expect(ready.starts(with: copy))
        #expect(try Folder.open(ready).status(of: "llama-server")?.mode == 0o755)
        #expect(try other.store.auditLog().verify().openIntents.isEmpty)
    }
}
