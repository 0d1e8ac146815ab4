// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Engine packs, read through before anything of them is written or run.
struct EnginePackTests {
    private func open(
        _ bytes: [UInt8], named name: String = "pack.baiengine", beside signature: [UInt8]? = nil,
        in folder: TemporaryFolder
    ) throws -> EnginePack {
        let path = folder.path.appending(name)
        try Data(bytes).write(to: URL(fileURLWithPath: path.string))
        if let signature { try Data(signature).write(to: URL(fileURLWithPath: path.string + ".asc")) }
        return try EnginePack.open(path, copyingTo: folder.path)
    }

    private func identifier(of bytes: [UInt8], named name: String = "pack.baiengine") throws -> String? {
        let folder = try TemporaryFolder()
        do { _ = try open(bytes, named: name, in: folder) } catch let error as BundleError {
            #expect(error.exitStatus == .invalidContent)
            return error.identifier
        }
        return nil
    }

    @Test(arguments: ["", "package/"])
    func readsAPackAtTheTopOrInItsFolder(_ place: String) throws {
        let folder = try TemporaryFolder()
        var builder = EnginePackBuilder(registry: "llama-cpp", version: "26.4.20")
        builder.folder = place
        let pack = try open(try builder.bytes(), in: folder)
        #expect(pack.manifest.id == "llama-cpp")
        #expect(pack.manifest.version.description == "26.4.20")
        #expect(pack.manifest.target.name == "linux-\(EnginePackBuilder.architecture)-cpu")
        #expect(pack.files.map(\.path) == ["libs/libllama.so.0", "llama-server", "manifest.json"])
        #expect(!pack.holds("baigo-engine"))
        #expect(try folder.open().names() == ["pack.baiengine"])
    }

    @Test func takesFromTheFileNameWhatTheManifestLeavesOut() throws {
        let folder = try TemporaryFolder()
        var builder = EnginePackBuilder()
        builder.manifest = ["name": "llama.cpp"]
        let name = "llama-cpp-26.4.20-linux-\(EnginePackBuilder.architecture)-cuda13-gb10.baiengine"
        let pack = try open(try builder.bytes(), named: name, in: folder)
        #expect(pack.manifest.id == "llama-cpp")
        #expect(pack.manifest.target.accelerator == "cuda13")
        #expect(pack.manifest.target.variant == "gb10")
        #expect(try identifier(of: try builder.bytes()) == "bundle.engine.target")
        builder.manifest["version"] = "27.1.1"
        #expect(try identifier(of: try builder.bytes(), named: name) == "bundle.engine.target")
        builder.manifest = [
            "platform": ["os": "macos", "arch": "aarch64", "accelerator": "metal"], "id": "x", "version": "1",
        ]
        #expect(try open(try builder.bytes(), named: "x", in: folder).manifest.target.name == "darwin-arm64-metal")
    }

    @Test(arguments: ["active", "Active", "history.jsonl", "built-in", "BUILT-IN"])
    func refusesIdsThatStandForSomethingElse(_ id: String) throws {
        for builder in [EnginePackBuilder(registry: id), EnginePackBuilder(own: id)] {
            #expect(try identifier(of: try builder.bytes()) == "bundle.engine.target")
        }
    }

    @Test func makesCopiesOfLinksInsideAFolder() throws {
        let folder = try TemporaryFolder()
        var builder = EnginePackBuilder()
        builder.more = { tar in
            tar.add("package/libs/libllama.so") {
                $0.type = UInt8(ascii: "2")
                $0.link = Array("libllama.so.0".utf8)
            }
            tar.add("package/libs/hard.so") {
                $0.type = UInt8(ascii: "1")
                $0.link = Array("package/libs/libllama.so.0".utf8)
            }
            tar.add("package/setuid", [7]) { $0.raw = [100: Array("0006777".utf8)] }
        }
        let pack = try open(try builder.bytes(), in: folder)
        let target = try Folder.open(making: folder.path.appending("out"))
        try pack.unpack(into: target)
        let libraries = try target.folder("libs")
        #expect(try libraries.names() == ["hard.so", "libllama.so", "libllama.so.0"])
        for name in try libraries.names() {
            #expect(try libraries.bytes(of: name) == [1, 2, 3])
            let status = try #require(try libraries.status(of: name))
            #expect(status.kind == .regular && status.linkCount == 1 && status.mode == 0o644)
        }
        #expect(try target.status(of: "llama-server")?.mode == 0o755)
        #expect(try target.status(of: "setuid")?.mode == 0o644)
    }

    private static let strayLinks: [(type: Character, name: String, target: String)] = [
        ("2", "package/libs/x.so", "/etc/passwd"), ("2", "package/libs/x.so", "../llama-server"),
        ("2", "package/libs/x.so", "nothing"), ("2", "package/libs/x.so", ".."), ("2", "package/libs/x.so", "x.so"),
        ("2", "package/libs/x.so", ""), ("1", "package/libs/x.so", "package/llama-server"),
        ("1", "package/libs/x.so", "/etc/passwd"), ("1", "package/libs/x.so", "package/libs/../llama-server"),
        ("2", "package/x", "libs"),
    ]

    @Test(arguments: strayLinks.indices)
    func refusesLinksThatLeadElsewhere(_ index: Int) throws {
        let link = Self.strayLinks[index]
        var builder = EnginePackBuilder()
        builder.more = { tar in
            tar.add(link.name) {
                $0.type = link.type.asciiValue ?? 0
                $0.link = Array(link.target.utf8)
            }
        }
        #expect(try identifier(of: try builder.bytes()) == "bundle.engine.link")
    }

    @Test func refusesHostileArchives() throws {
        func added(_ change: @escaping (inout TarBuilder) -> Void) throws -> String? {
            var builder = EnginePackBuilder()
            builder.more = change
            return try identifier(of: try builder.bytes())
        }
        #expect(try added { $0.add("/etc/x", [1]) } == "bundle.unsafe-name.empty-part")
        #expect(try added { $0.add("package/../x", [1]) } == "bundle.unsafe-name.dot-part")
        #expect(try added { $0.add("x", [1]) } == "bundle.unlisted-entry")
        #expect(try added { $0.add("package/LLAMA-SERVER", [1]) } == "bundle.duplicate-entry.folded")
        #expect(try added { $0.add("package/llama-server", [1]) } == "bundle.duplicate-entry.twice")
        for type in ["3", "4", "6", "S", "K"] {
            #expect(
                try added { $0.add("package/d") { $0.type = Character(type).asciiValue ?? 0 } }
                    == "bundle.structure.tar-type")
        }
        #expect(
            try added { tar in
                tar.addPax([(key: "GNU.sparse.map", value: "0,1")])
                tar.add("package/s", [1])
            } == "bundle.structure.tar-extended-header")
        #expect(
            try added { tar in
                tar.addPax([(key: "linkpath", value: "/etc/passwd")])
                tar.add("package/s", [1])
            } == "bundle.structure.tar-extended-header")
        #expect(
            try added { tar in
                tar.addPax([(key: "linkpath", value: "/etc/passwd")])
                tar.add("package/s") { $0.type = UInt8(ascii: "2") }
            } == "bundle.engine.link")
        #expect(
            try added { tar in
                for index in 0..<4200 { tar.add("package/f\(index)") }
            } == "bundle.too-many-entries")
    }

    @Test func refusesBombs() throws {
        var builder = EnginePackBuilder()
        builder.files.append(("libs/zeros.so", [UInt8](repeating: 0, count: 70 << 20)))
        #expect(try identifier(of: try builder.bytes()) == "bundle.structure.unpacked-size")
        // Copies of a link count as what they become.
        builder = EnginePackBuilder()
        builder.files.append(("libs/zeros.so", [UInt8](repeating: 0, count: 20 << 20)))
        builder.more = { tar in
            for index in 0..<4 {
                tar.add("package/libs/l\(index)") {
                    $0.type = UInt8(ascii: "2")
                    $0.link = Array("zeros.so".utf8)
                }
            }
        }
        #expect(try identifier(of: try builder.bytes()) == "bundle.structure.unpacked-size")
    }

    @Test func refusesWhatIsNoPackOrNotWhole() throws {
        let bytes = try EnginePackBuilder().bytes()
        #expect(try identifier(of: Array("PK".utf8) + bytes) == "bundle.not-a-package")
        #expect(try identifier(of: Array(bytes.dropLast(20))) == "bundle.truncated")
        #expect(try identifier(of: bytes + [0]) == "bundle.structure.compression")
        var builder = EnginePackBuilder()
        builder.files = [("sd-server", [1])]
        #expect(try identifier(of: try builder.bytes()) == "bundle.engine.program")
        builder.manifest["kind"] = "model"
        #expect(try identifier(of: try builder.bytes()) == "bundle.unsupported.kind")
        var tar = TarBuilder()
        tar.add("llama-server", [1])
        #expect(try identifier(of: try EnginePackBuilder.compressed(tar.bytes)) == "bundle.manifest-missing")
    }

    @Test func refusesAManifestThatDisagreesWithWhatIsThere() throws {
        func changed(_ change: (inout EnginePackBuilder) throws -> Void) throws -> String? {
            var builder = EnginePackBuilder(own: "own")
            builder.manifest["files"] = try JSONValue(strict: builder.manifestBytes())["files"]
            try change(&builder)
            return try identifier(of: try builder.bytes())
        }
        #expect(try changed { _ in } == nil)
        #expect(try changed { $0.files[1].data = [3, 2, 1] } == "bundle.digest-mismatch")
        #expect(try changed { $0.files[1].data = [1] } == "bundle.size-mismatch")
        #expect(try changed { $0.files.removeLast() } == "bundle.missing-entry")
        #expect(try changed { $0.files.append(("model.sig", [1])) } == "bundle.unlisted-entry")
        var builder = EnginePackBuilder()
        builder.manifest["files"] = [["path": "llama-server", "sha256": .string(String(repeating: "0", count: 64))]]
        #expect(try identifier(of: try builder.bytes()) == "bundle.digest-mismatch")
        builder.manifest["files"] = [["path": "llama-server", "size": 1]]
        #expect(try identifier(of: try builder.bytes()) == "bundle.size-mismatch")
        builder.manifest["files"] = [
            ["path": "libs/gone.so", "sha256": .string(String(repeating: "0", count: 64))]
        ]
        #expect(try identifier(of: try builder.bytes()) == "bundle.missing-entry")
        // An own worker whose libraries nobody can tell.
        builder = EnginePackBuilder(own: "own")
        builder.files.append(("baigo-engine", [1]))
        builder.manifest["engine"] = nil
        #expect(try identifier(of: try builder.bytes()) == "bundle.engine.program")
    }

    @Test func aLibraryThatWasEditedAfterSigningIsFound() throws {
        let ring = try KeyRing()
        let key = try ring.makeKey("e <e@example.test>")
        var builder = EnginePackBuilder(own: "own")
        var tar = TarBuilder()
        tar.add("manifest.json", try builder.manifestBytes())
        let list = try builder.checksums()
        tar.add("checksums.txt", list)
        tar.add("checksums.txt.asc", try ring.sign(list, with: key))
        builder.files[1].data = [9, 9, 9]
        for file in builder.files { tar.add(file.name, file.data) }
        #expect(try identifier(of: try EnginePackBuilder.compressed(tar.bytes)) == "bundle.digest-mismatch")
    }

    // MARK: Signatures

    private func judge(_ pack: EnginePack, _ keys: [TrustedKey], named: SHA256Digest? = nil) throws -> EngineVerdict {
        try pack.judge(by: keys, acceptingExpired: [], named: named, now: .now)
    }

    private func trusted(_ ring: KeyRing, _ fingerprint: String, _ purposes: KeyPurpose...) throws -> TrustedKey {
        let folder = try TemporaryFolder()
        return try TrustStore(folder: try folder.open()).add(
            try ring.publicKey(fingerprint), purposes: Set(purposes), expectedFingerprint: nil, by: "t", at: .now
        ).key
    }

    @Test func aSignatureInOrBesideThePackLetsItPass() throws {
        let ring = try KeyRing()
        let engines = try ring.makeKey("e <e@example.test>")
        let models = try ring.makeKey("m <m@example.test>")
        let keys = [try trusted(ring, engines, .engines), try trusted(ring, models, .models)]
        let folder = try TemporaryFolder()
        let inside = try open(
            try EnginePackBuilder(own: "own").bytes { try ring.sign($0, with: engines) }, in: folder)
        #expect(try judge(inside, keys).isTrusted)
        let bytes = try EnginePackBuilder().bytes()
        let outside = try open(bytes, named: "b", beside: try ring.sign(bytes, with: engines), in: folder)
        #expect(try judge(outside, keys).isTrusted)

        func code(_ pack: EnginePack, _ keys: [TrustedKey]) throws -> BundleError.Code? {
            let error = #expect(throws: BundleError.self) { _ = try judge(pack, keys) }
            #expect(error?.exitStatus == .signature)
            return error?.code
        }
        #expect(try code(inside, []) == .signatureUnknownKey)
        #expect(try code(inside, [keys[1]]) == .signatureUnknownKey)
        let forModels = try open(bytes, named: "c", beside: try ring.sign(bytes, with: models), in: folder)
        #expect(try code(forModels, keys) == .signatureWrongPurpose)
        #expect(try code(try open(bytes, named: "d", in: folder), keys) == .signatureMissing)
        let other = try open(
            try EnginePackBuilder(registry: "x").bytes(), named: "e", beside: try ring.sign(bytes, with: engines),
            in: folder)
        #expect(try code(other, keys) == .signatureBad)
        #expect(try code(try open(bytes, named: "f", beside: [1], in: folder), keys) == .signatureMalformed)
    }

    @Test func aListSignedForAnotherKindIsNoEngine() throws {
        let ring = try KeyRing()
        let key = try ring.makeKey("e <e@example.test>")
        let folder = try TemporaryFolder()
        // Another maker's manifest says no kind, so that a signature of its list counts for nothing.
        let pack = try open(try EnginePackBuilder().bytes { try ring.sign($0, with: key) }, in: folder)
        let error = #expect(throws: BundleError.self) { _ = try judge(pack, [try trusted(ring, key, .engines)]) }
        #expect(error?.code == .signatureWrongPurpose)
    }

    @Test func aNamedDigestStandsInForASignatureButNotForABadOne() throws {
        let ring = try KeyRing()
        let key = try ring.makeKey("e <e@example.test>")
        let keys = [try trusted(ring, key, .engines)]
        let folder = try TemporaryFolder()
        let pack = try open(try EnginePackBuilder().bytes(), in: folder)
        let verdict = try judge(pack, keys, named: pack.digest)
        #expect(!verdict.isTrusted && verdict.isVouched)
        #expect(verdict.json["digestNamed"] == true)
        #expect(verdict.warnings.map(\.identifier) == ["signature.missing"])
        let wrong = #expect(throws: BundleError.self) {
            _ = try judge(pack, keys, named: try SHA256Digest(of: [1]))
        }
        #expect(wrong?.code == .digestMismatch)
        let bad = try open(
            try EnginePackBuilder().bytes(), named: "b", beside: try ring.sign([1], with: key), in: folder)
        let error = #expect(throws: BundleError.self) { _ = try judge(bad, keys, named: bad.digest) }
        #expect(error?.code == .signatureBad)
    }
}
