// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import Testing
import TestSupport

@Suite(.temporaryHome)
struct ModelReferenceTests {
    @Test(arguments: [
        "qwen", "qwen/qwen2.5-7b", "qwen:2026.11", "a/b:1~0a", "a/b:1.0~" + String(repeating: "f", count: 64),
    ])
    func readsWhatItWrites(_ text: String) throws {
        #expect(try ModelReference(text).description == text)
    }

    @Test(
        arguments: [
            "", ":", "a:", ":1", "a/b/c", "../a", "a:1~", "a:1~XYZ", "a:1~0A", "a~0a", "a:1:2", "a b", "a/", "/a",
            "a:1~" + String(repeating: "f", count: 65), "a.gguf", "a\u{1B}[2J",
        ])
    func refusesWhatNamesNothing(_ text: String) {
        let error = #expect(throws: StoreError.self) { try ModelReference(text) }
        #expect(error?.code == .invalidReference)
        #expect(error?.exitStatus == .usage)
        #expect(error?.message.contains("\u{1B}") == false)
    }

    @Test func findsABareNameAmongPublishers() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage("acme/tiny"))
        try fixture.add(try MemoryPackage("zeta/tiny"))
        try fixture.add(try MemoryPackage("acme/only"))
        #expect(try fixture.store.resolve(ModelReference("only")).version.name.description == "acme/only")
        let error = #expect(throws: StoreError.self) { try fixture.store.resolve(ModelReference("tiny")) }
        #expect(error?.code == .ambiguous)
        #expect(error?.message.contains("acme/tiny, zeta/tiny") == true)
        try fixture.add(try MemoryPackage("tiny"))
        #expect(try fixture.store.resolve(ModelReference("tiny")).version.name.description == "tiny")
        #expect(try fixture.store.list(PackageName(validating: "only")).models.map(\.name.description) == ["acme/only"])
    }

    @Test func saysWhatIsMissingAndWhatIsThere() throws {
        let fixture = try StoreFixture()
        let empty = #expect(throws: StoreError.self) { try fixture.store.resolve(ModelReference("tiny")) }
        #expect(empty?.code == .modelNotFound)
        try fixture.add(try MemoryPackage("acme/Tiny", version: "1.0"))
        let wrongCase = #expect(throws: StoreError.self) { try fixture.store.resolve(ModelReference("tiny")) }
        #expect(wrongCase?.code == .modelNotFound)
        #expect(wrongCase?.hint?.contains("acme/Tiny") == true)
        let version = #expect(throws: StoreError.self) { try fixture.store.resolve(ModelReference("Tiny:2.0")) }
        #expect(version?.code == .versionNotFound)
        #expect(version?.hint?.contains("acme/Tiny:1.0~") == true)
        #expect(throws: StoreError.self) { try fixture.store.list(PackageName(validating: "nothing")) }
    }
}
