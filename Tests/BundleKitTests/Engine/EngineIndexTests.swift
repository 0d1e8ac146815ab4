// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Foundation
import SystemPackage
import TestSupport
import Testing

struct EngineIndexTests {
    /// As the index of Backend.AI GO's registry is written.
    private static let index = """
        {"schemaVersion": 1, "lastUpdated": "2026-04-26T00:51:11Z", "baseUrl": "https://example.test", "engines": [
          {"id": "llama-cpp", "name": "llama.cpp", "supportedFormats": ["gguf"], "latest": {"version": "26.4.20", "packages": [
            {"os": "linux", "arch": "x64", "filename": "llama-cpp-26.4.20-linux-x64-cpu.baiengine", "size": 3,
             "sha256": "e38cb6925cb75f122cb00314d27d482ed1eff8eb42dd4b9784ad380699f1c7dd", "accelerator": "cpu"},
            {"os": "linux", "arch": "arm64", "filename": "llama-cpp-26.4.20-linux-arm64-cuda13-gb10.baiengine", "size": 4,
             "sha256": "", "accelerator": "cuda13"},
            {"os": "win32", "arch": "x64", "filename": "llama-cpp-26.4.20-win32-x64-cuda12.baiengine", "size": 0,
             "accelerator": "cuda12"}]}},
          {"id": "mlxcel", "latest": {"version": "26.4.23", "packages": []}}],
         "runtimes": []}
        """

    private func offers(_ text: String, _ files: [String: [UInt8]] = [:]) throws -> [EngineOffer] {
        let folder = try TemporaryFolder()
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path.appending("packages.json").string))
        for (name, bytes) in files {
            try Data(bytes).write(to: URL(fileURLWithPath: folder.path.appending(name).string))
        }
        return try EngineIndex.offers(in: folder.path)
    }

    @Test func readsTheIndexOfARegistry() throws {
        let name = "llama-cpp-26.4.20-linux-x64-cpu.baiengine"
        let found = try offers(Self.index, [name: [1, 2, 3]])
        #expect(found.map(\.target.name) == ["linux-arm64-cuda13-gb10", "linux-x64-cpu", "win32-x64-cuda12"])
        #expect(found.map(\.size) == [4, 3, nil])
        #expect(found.map { $0.sha256 != nil } == [false, true, false])
        #expect(found.map { $0.path?.lastComponent?.string } == [nil, name, nil])
        #expect(found.allSatisfy { $0.id == "llama-cpp" && $0.version == "26.4.20" })
    }

    @Test func readsOlderIndexesWithOtherWords() throws {
        let found = try offers(
            """
            {"engines": [{"id": "llama-cpp", "latestVersion": "b4618", "packages": [
              {"os": "windows", "arch": "x86_64", "accelerator": "cuda", "acceleratorVersion": "12.0",
               "filename": "llama-cpp-b4618-windows-x86_64-cuda12.baiengine", "size": 0, "sha256": ""},
              {"os": "macos", "arch": "aarch64", "accelerator": "metal", "acceleratorVersion": null,
               "filename": "llama-cpp-b4618-macos-aarch64-metal.baiengine", "size": 0, "sha256": ""}]}]}
            """)
        #expect(found.map(\.target.name) == ["darwin-arm64-metal", "win32-x64-cuda12"])
    }

    @Test func namesTellWhereThereIsNoIndex() throws {
        let folder = try TemporaryFolder()
        let names = [
            "llama-cpp-26.4.9-linux-x64-cpu.baiengine", "llama-cpp-26.4.20-linux-x64-vulkan.baiengine", "notes.txt",
            "renamed.baiengine",
        ]
        for name in names { try Data().write(to: URL(fileURLWithPath: folder.path.appending(name).string)) }
        let found = try EngineIndex.offers(in: folder.path)
        #expect(found.map(\.version) == ["26.4.20", "26.4.9"])
        #expect(found.map(\.target.accelerator) == ["vulkan", "cpu"])
    }

    @Test(arguments: [
        ("{", "bundle.engine.index"), ("[]", "bundle.engine.index"), (#"{"engines": [{}]}"#, "bundle.engine.index"),
        (#"{"engines": [{"id": "a", "latest": {"packages": []}}]}"#, "bundle.engine.index"),
        (
            #"{"engines": [{"id": "a", "latest": {"version": "1", "packages": [{"os": "linux", "arch": "x64", "filename": "../x.baiengine"}]}}]}"#,
            "bundle.unsafe-name.dot-part"
        ),
        (
            #"{"engines": [{"id": "a", "latest": {"version": "1", "packages": [{"os": "linux", "arch": "x64", "filename": "a/x.baiengine"}]}}]}"#,
            "bundle.engine.index"
        ),
        (
            #"{"engines": [{"id": "a", "latest": {"version": "1", "packages": [{"os": "linux", "arch": "x64", "filename": "x.baiengine", "sha256": "abc"}]}}]}"#,
            "bundle.engine.index"
        ),
    ])
    func refusesAnIndexThatIsNone(_ text: String, _ identifier: String) throws {
        let error = #expect(throws: BundleError.self) { _ = try offers(text) }
        #expect(error?.identifier == identifier)
    }

    @Test func aPackThatIsNotWhatTheIndexSaysIsRefused() throws {
        let folder = try TemporaryFolder()
        let target = EnginePackBuilder.architecture
        let name = "llama-cpp-26.4.20-linux-\(target)-cpu.baiengine"
        let path = folder.path.appending(name)
        try Data(try EnginePackBuilder().bytes()).write(to: URL(fileURLWithPath: path.string))
        let pack = try EnginePack.open(path, copyingTo: folder.path)
        func code(_ size: Int64, _ digest: String, _ version: String = "26.4.20") throws -> BundleError.Code? {
            let index = """
                {"engines": [{"id": "llama-cpp", "latest": {"version": "\(version)", "packages": [{"os": "linux",
                 "arch": "\(target)", "filename": "\(name)", "size": \(size), "sha256": "\(digest)"}]}}]}
                """
            let offer = try #require(try offers(index).first)
            do throws(BundleError) { try offer.check(pack) } catch { return error.code }
            return nil
        }
        #expect(try code(pack.size.bytes, pack.digest.hex) == nil)
        #expect(try code(1, pack.digest.hex) == .sizeMismatch)
        #expect(try code(pack.size.bytes, String(repeating: "0", count: 64)) == .digestMismatch)
        #expect(try code(pack.size.bytes, pack.digest.hex, "26.4.19") == .enginePack)
    }
}
