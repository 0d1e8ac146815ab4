// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct ImportFaultTests {
    private static let faults: [MemoryPackage.Fault] = (0..<3).flatMap { index in
        [.throwing(at: index), .flipped(at: index), .truncated(at: index), .missing(at: index)]
    }

    @Test(arguments: faults)
    func leavesNothingOfAPackageThatIsWrongAndWhatWasReadOfOneThatWasCutOff(_ fault: MemoryPackage.Fault) throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage("acme/other", license: "other"))
        let before = try fixture.tree()
        let package = try MemoryPackage(
            weights: GGUFBuilder.textModel.file + [UInt8](repeating: 0, count: 32), fault: fault)
        let error = #expect(throws: (any Error).self) { try fixture.add(package) }
        #expect(try fixture.tree().filter { !$0.key.hasPrefix("staging/\(package.identity.hex)/") } == before)
        let last = try #require(try fixture.auditLines().last)
        #expect(last.kind == .outcome)
        if case .throwing(let index) = fault {
            let staged = package.files[...index].map { "staging/\(package.identity.hex)/files/\($0.sha256.hex)" }
            let files = try fixture.files()
            #expect(files.keys.filter { $0.contains("/files/") }.sorted() == staged.sorted())
            #expect(files[staged[index]]?.count == Int(package.files[index].size / 2))
            #expect(error is MemoryPackage.Unplugged)
            #expect(last.result == .failed)
        } else {
            #expect(try fixture.tree() == before)
            #expect((error as? any PresentableError)?.exitStatus == .invalidContent)
            #expect(last.result == .refused)
            #expect(last.error == (error as? any PresentableError)?.identifier)
        }
        var whole = package
        whole.fault = nil
        #expect(try fixture.add(whole).outcome == .imported)
        #expect(try fixture.paths(under: "staging/").isEmpty)
    }

    @Test func refusesWeightsWithoutAGoodHeader() throws {
        let fixture = try StoreFixture()
        let error = #expect(throws: BundleError.self) {
            try fixture.add(try MemoryPackage(weights: Array("PK no model".utf8)))
        }
        #expect(error?.code == .notAModel)
        #expect(error?.message.contains("model/tiny.gguf in /media/stick/model.baimodel") == true)
        #expect(try fixture.paths(under: "models/").isEmpty)
        #expect(try fixture.paths(under: "blobs/sha256/").isEmpty)
        #expect(try fixture.paths(under: "staging/").isEmpty)
    }

    private static let refusal = BundleError(.signatureBad, "bad signature")

    @Test func asksForApprovalBeforeTheDataWhereTheSignatureIsKnown() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage(fault: .throwing(at: 0))
        let request = ImportRequest(from: package.source) { _ in throw Self.refusal }
        let error = #expect(throws: BundleError.self) { try fixture.store.importPackage(package, request) }
        #expect(error?.code == .signatureBad)
        #expect(try fixture.tree().isEmpty)

        try fixture.add(try MemoryPackage("other"))
        let before = try fixture.tree()
        #expect(throws: BundleError.self) { try fixture.store.importPackage(package, request) }
        #expect(try fixture.tree() == before)
        let last = try #require(try fixture.auditLines().last)
        #expect(last.result == .refused)
        #expect(last.error == "signature.bad")
        #expect(last.intent == nil)
    }

    @Test func asksForApprovalBeforeTheCommitWhereTheSignatureComesLast() throws {
        let fixture = try StoreFixture()
        var package = try MemoryPackage()
        package.signatureIsKnown = false
        var isAsked = false
        let request = ImportRequest(from: package.source) { _ in
            isAsked = true
            throw Self.refusal
        }
        #expect(throws: BundleError.self) { try fixture.store.importPackage(package, request) }
        #expect(isAsked)
        #expect(try fixture.paths(under: "models/").isEmpty)
        #expect(try fixture.paths(under: "blobs/sha256/").isEmpty)
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(try fixture.auditLines().map(\.result) == [nil, .refused])
    }

    @Test func judgesAPresentPackageByItsSignatureToo() throws {
        let fixture = try StoreFixture()
        var package = try MemoryPackage()
        try fixture.add(package)
        for isKnown in [true, false] {
            package.signatureIsKnown = isKnown
            var earlier: StoredPackage?
            let request = ImportRequest(from: package.source) { stored in
                earlier = stored
                throw Self.refusal
            }
            #expect(throws: BundleError.self) { try fixture.store.importPackage(package, request) }
            #expect(earlier?.version.identity == package.identity)
        }
        #expect(try fixture.store.list().models.count == 1)
    }

    @Test func refusesADamagedCopyOfWhatIsPresent() throws {
        let fixture = try StoreFixture()
        var package = try MemoryPackage()
        try fixture.add(package)
        let before = try fixture.tree()
        package.fault = .flipped(at: 2)
        package.signature = [1, 2, 3]
        let evidence = ImportEvidence(
            signature: ["status": "valid"], isTrusted: true, policy: nil, mergedSignature: [1, 2, 3])
        for isKnown in [true, false] {
            package.signatureIsKnown = isKnown
            let error = #expect(throws: BundleError.self) { try fixture.add(package, evidence: evidence) }
            #expect(error?.code == .digestMismatch)
            #expect(error?.exitStatus == .invalidContent)
        }
        #expect(try fixture.tree() == before)
        #expect(try fixture.auditLines().suffix(2).map(\.result) == [.refused, .refused])
    }

    @Test func takesTheVersionBackWhenItCannotBeActivated() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        try fixture.write(Array("no json\n".utf8), to: "models/acme/tiny/history.jsonl")
        let before = try fixture.files()
        let error = #expect(throws: StoreError.self) {
            try fixture.add(try MemoryPackage(version: "2.0", license: "other"))
        }
        #expect(error?.code == .damaged)
        #expect(try fixture.files() == before)
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
    }

    @Test func leavesAVersionAloneThatCannotBeRead() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        try fixture.add(package)
        let folder = "models/acme/tiny/1.0~\(package.identity.hex.prefix(12))"
        try fixture.write(Array("{}".utf8), to: folder + "/receipt.json")
        let before = try fixture.tree()
        let error = #expect(throws: StoreError.self) { try fixture.add(package) }
        #expect(error?.exitStatus == .invalidContent)
        #expect(try fixture.tree() == before)
    }

    @Test func tellsDamageBeforeASignatureThatWasNotReached() throws {
        let fixture = try StoreFixture()
        var package = try MemoryPackage(fault: .flipped(at: 1))
        package.signatureIsKnown = false
        let request = ImportRequest(from: package.source) { _ in throw Self.refusal }
        let error = #expect(throws: BundleError.self) { try fixture.store.importPackage(package, request) }
        #expect(error?.code == .digestMismatch)
    }

    @Test func stopsWhenTheTaskIsCancelled() async throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            _ = try fixture.add(package)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try fixture.paths(under: "models/").isEmpty)
        #expect(try fixture.auditLines().last?.error == "interrupted")
    }

    @Test func waitsForNobodyAndNamesTheHolder() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        let lock = try FileLock.take("lock", in: try fixture.root(), for: "ingest")
        let error = #expect(throws: FileError.self) { try fixture.add(try MemoryPackage("other")) }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("ingest") == true)
        #expect(try fixture.store.list().models.count == 1)
        withExtendedLifetime(lock) {}
    }
}
