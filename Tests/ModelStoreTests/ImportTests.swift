// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct ImportTests {
    @Test func laysTheStoreOutAsDocumented() throws {
        let fixture = try StoreFixture()
        var package = try MemoryPackage()
        package.signature = Array("-----BEGIN PGP SIGNATURE-----\n".utf8)
        package.modelSignature = Array("{}".utf8)
        let result = try fixture.add(package, evidence: StoreFixture.trusted)
        let folder = "models/acme/tiny/1.0~\(package.identity.hex.prefix(12))"

        #expect(result.outcome == .imported)
        #expect(result.package.folder == fixture.path.appending(folder).appending("package"))
        #expect(
            try fixture.root().names() == [
                "audit", "blobs", "index-1.sqlite", "lock", "models", "staging", "store.json",
            ])
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(
            try String(decoding: fixture.bytes(of: "models/acme/tiny/active"), as: UTF8.self)
                == "1.0~\(package.identity.hex.prefix(12))\n")
        #expect(
            try fixture.paths(under: folder + "/")
                == [
                    "package/", "package/checksums.txt", "package/checksums.txt.asc", "package/manifest.json",
                    "package/model.sig", "package/model/", "package/model/LICENSE", "package/model/tiny.gguf",
                    "receipt.json",
                ].map { folder + "/" + $0 })
        for file in package.files {
            let blob = "blobs/sha256/\(file.sha256.hex.prefix(2))/\(file.sha256.hex)"
            #expect(try fixture.bytes(of: blob) == package.bytes(of: file.path))
            #expect(try fixture.bytes(of: folder + "/package/" + file.path) == package.bytes(of: file.path))
        }
        let weights = try Folder.open(fixture.path.appending(folder).appending("package/model")).status(of: "tiny.gguf")
        #expect(weights?.mode == 0o444)
        #expect(weights?.linkCount == 2)
        #expect(try fixture.root().status().mode == 0o700)
        #expect(try fixture.bytes(of: folder + "/package/checksums.txt") == package.checksumsBytes)
    }

    @Test func writesDownWhatWasImportedFromWhereAndByWhom() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        let warning = Warning(identifier: "signature.missing", message: "no signature")
        let evidence = ImportEvidence(
            signature: ["status": "none", "signers": []], isTrusted: false, policy: ["verdict": "accept"],
            warnings: [warning])
        let result = try fixture.add(package, evidence: evidence)
        let receipt = try fixture.store.resolve(try ModelReference("tiny")).receipt

        #expect(receipt == result.package.receipt)
        #expect(receipt.source == package.source)
        #expect(receipt.importedBy == "alice@vault")
        #expect(receipt.importedAt == StoreFixture.start)
        #expect(receipt.identity == package.identity)
        #expect(receipt.signature == ["status": "none", "signers": []])
        #expect(receipt.json["warnings"]?.array?.first?["identifier"] == "signature.missing")
        #expect(result.warnings == [warning])
        let lines = try fixture.auditLines()
        #expect(lines.map(\.kind) == [.intent, .outcome])
        #expect(lines.map(\.result) == [nil, .done])
        #expect(lines.map(\.event.model) == ["acme/tiny:1.0", "acme/tiny:1.0"])
        #expect(receipt.audit.sequence == 1)
        #expect(try fixture.store.auditLog().verify(expecting: [receipt.audit]).head == result.audit)
        let history = try JSONValue(strict: try fixture.bytes(of: "models/acme/tiny/history.jsonl"))
        #expect(history["action"] == "activate")
        #expect(history["version"] == "1.0")
    }

    @Test func listsAndResolvesWhatItImported() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        try fixture.add(package)
        let listing = try fixture.store.list()
        let version = try #require(listing.models.first?.versions.first)
        #expect(listing.warnings.isEmpty)
        #expect(listing.models.map(\.name.description) == ["acme/tiny"])
        #expect(version.isActive)
        #expect(version.summary.architecture == "llama")
        #expect(version.summary.quantization == "F32")
        #expect(version.summary.license == "MIT")
        #expect(version.signatureStatus == "none")
        let stored = try fixture.store.resolve(try ModelReference("acme/tiny:1.0"))
        #expect(stored.version == version)
        #expect(stored.manifest == package.manifest)
        #expect(stored.weights == [stored.folder.appending("model/tiny.gguf")])
        #expect(stored.projector == nil)
    }

    @Test func keepsEqualContentOnceAndStillHashesIt() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        let second = try MemoryPackage(version: "2.0")
        let result = try fixture.add(second)
        #expect(result.written.bytes == Int64(second.manifestBytes.count + second.checksumsBytes.count))
        let damaged = try MemoryPackage(version: "3.0", fault: .flipped(at: 2))
        let error = #expect(throws: BundleError.self) { try fixture.add(damaged) }
        #expect(error?.code == .digestMismatch)
        #expect(try fixture.store.list().models.first?.versions.map(\.version.description) == ["2.0", "1.0"])
        #expect(try fixture.store.resolve(try ModelReference("tiny")).version.version.description == "2.0")
    }

    @Test func takesTheSamePackageTwiceAsPresent() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        try fixture.add(package)
        let before = try fixture.tree()
        let again = try fixture.add(package)
        #expect(again.outcome == .present)
        let later = try MemoryPackage(createdAt: "2027-01-01T00:00:00Z")
        #expect(later.identity != package.identity)
        #expect(try fixture.add(later).package.version.identity == package.identity)
        #expect(try fixture.tree() == before)
        #expect(try fixture.auditLines().map(\.result) == [nil, .done, .present, .present])
    }

    @Test func keepsBothVersionsOnlyWhenAskedTo() throws {
        let fixture = try StoreFixture()
        let old = try MemoryPackage(license: "old")
        let new = try MemoryPackage(license: "new")
        try fixture.add(old)
        let before = try fixture.tree()
        let error = #expect(throws: StoreError.self) { try fixture.add(new) }
        #expect(error?.code == .alreadyExists)
        #expect(error?.exitStatus == .alreadyExists)
        #expect(error?.message.hasPrefix("Model already exists") == true)
        #expect(try fixture.tree() == before)
        #expect(try fixture.auditLines().last?.error == "store.already-exists")

        let result = try fixture.add(new, replacing: true)
        #expect(result.replaced.map(\.identity) == [old.identity])
        #expect(try fixture.store.resolve(try ModelReference("tiny:1.0")).version.identity == new.identity)
        #expect(try fixture.store.resolve(try ModelReference("tiny")).version.identity == new.identity)
        let exact = try ModelReference("acme/tiny:1.0~\(old.identity.hex.prefix(8))")
        #expect(try fixture.store.resolve(exact).version.identity == old.identity)
    }

    @Test(arguments: [("Acme/tiny", "1.0"), ("acme/Tiny", "1.0"), ("acme/tiny", "1.0-RC")])
    func refusesNamesThatDifferOnlyInCase(_ name: String, _ version: String) throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        try fixture.add(try MemoryPackage(version: "1.0-rc", license: "x"))
        let other = try MemoryPackage(name, version: version, license: "other")
        let error = #expect(throws: StoreError.self) { try fixture.add(other) }
        #expect(error?.code == .nameConflict)
        #expect(throws: StoreError.self) { try fixture.store.preview(other, replacing: false) }
    }

    @Test func importsWithoutActivatingWhenAskedTo() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        try fixture.add(try MemoryPackage(version: "2.0"), activating: false)
        #expect(try fixture.store.resolve(try ModelReference("tiny")).version.version.description == "1.0")
        try fixture.add(try MemoryPackage("other"), activating: false)
        let error = #expect(throws: StoreError.self) { try fixture.store.resolve(try ModelReference("other")) }
        #expect(error?.code == .noActiveVersion)
        #expect(error?.exitStatus == .notFound)
    }

    @Test func previewsWithoutChangingAnything() throws {
        let fixture = try StoreFixture()
        let package = try MemoryPackage()
        let first = try fixture.store.preview(package, replacing: false)
        #expect(first.standing == .new)
        #expect(first.needed.bytes == package.files.reduce(0) { $0 + $1.size })
        #expect(try fixture.tree().isEmpty)
        let result = try fixture.add(package)
        let before = try fixture.tree()
        #expect(try fixture.store.preview(package, replacing: false).standing == .present(result.package.version))
        let other = try MemoryPackage(license: "other")
        #expect(throws: StoreError.self) { try fixture.store.preview(other, replacing: false) }
        #expect(
            try fixture.store.preview(other, replacing: true).standing == .conflicting([result.package.version]))
        #expect(try fixture.tree() == before)
    }

    @Test func addsNewSignaturesToWhatIsThere() throws {
        let fixture = try StoreFixture()
        var package = try MemoryPackage()
        try fixture.add(package)
        package.signature = [1, 2, 3]
        let evidence = ImportEvidence(
            signature: ["status": "valid"], isTrusted: true, policy: nil, mergedSignature: [1, 2, 3])
        let result = try fixture.add(package, evidence: evidence)
        #expect(result.outcome == .signaturesAdded)
        let stored = try fixture.store.resolve(try ModelReference("tiny"))
        #expect(stored.version.isTrusted)
        #expect(stored.version.signatureStatus == "valid")
        #expect(try fixture.store.list().models.first?.versions.first?.isTrusted == true)
        #expect(try Folder.open(stored.folder).bytes(of: "checksums.txt.asc") == [1, 2, 3])
        #expect(stored.receipt.json["addedSignatures"]?.array?.count == 1)
        #expect(try fixture.add(package, evidence: evidence).outcome == .present)

        let more = ImportEvidence(
            signature: ["status": "valid"], isTrusted: true, policy: nil, mergedSignature: [1, 2, 3, 4])
        #expect(try fixture.add(package, evidence: more).outcome == .signaturesAdded)
        #expect(try Folder.open(stored.folder).bytes(of: "checksums.txt.asc") == [1, 2, 3, 4])
        let old = try SHA256Digest(of: [1, 2, 3]).hex
        #expect(try !fixture.tree().keys.contains { $0.hasSuffix(old) })
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
    }
}
