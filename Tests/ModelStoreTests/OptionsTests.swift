// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import SystemPackage
import TestSupport
import Testing

@Suite(.temporaryHome)
struct OptionsTests {
    private static let file = "models/acme/tiny/options"

    private func fixture() throws -> StoreFixture {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage(version: "1.0"))
        try fixture.add(try MemoryPackage(version: "2.0"))
        return fixture
    }

    private func name(_ text: String) throws -> PackageName { try PackageName(validating: text) }

    @Test func keepsOptionsForAllVersionsInAPlainFile() throws {
        let fixture = try fixture()
        let result = try fixture.store.setOptions(of: name("tiny"), ["context": "8192", "mlock": "true"])
        #expect(result.isChanged)
        #expect(result.name.description == "acme/tiny")
        #expect(try fixture.bytes(of: Self.file) == Array("context=8192\nmlock=true\n".utf8))
        for version in ["1.0", "2.0"] {
            let package = try fixture.store.resolve(ModelReference("tiny:\(version)"))
            #expect(try package.loadOptions().values == ["context": "8192", "mlock": "true"])
        }
        #expect(try !fixture.store.setOptions(of: name("tiny"), ["context": "8192", "numa": nil]).isChanged)
        #expect(try fixture.store.setOptions(of: name("tiny"), ["context": nil]).options.values == ["mlock": "true"])
        #expect(try fixture.store.setOptions(of: name("tiny"), ["mlock": nil]).options.values.isEmpty)
        #expect(try !fixture.paths(under: "models/").contains(Self.file))
        let lines = try fixture.auditLines().filter { $0.event.operation == "set" }
        #expect(lines.map(\.result) == [nil, .done, nil, .done, nil, .done])
        #expect(lines.first?.event.model == "acme/tiny")
        #expect(lines.first?.event.details["options"]?["context"] == "8192")
    }

    @Test func optionsGoWithTheModelAndAlongWithACopy() throws {
        let fixture = try fixture()
        _ = try fixture.store.setOptions(of: name("tiny"), ["context": "512"])
        let copy = fixture.path.removingLastComponent().appending("copy")
        _ = try fixture.store.copy(to: copy)
        #expect(try StoreFixture(at: copy).store.options(of: name("tiny")).options.values == ["context": "512"])
        _ = try fixture.store.remove(ModelReference("tiny:1.0"))
        #expect(try fixture.store.options(of: name("tiny")).options.values == ["context": "512"])
        _ = try fixture.store.remove(ModelReference("tiny"), all: true)
        try fixture.add(try MemoryPackage(version: "3.0"))
        #expect(try fixture.store.options(of: name("tiny")).options.values.isEmpty)
    }

    @Test(arguments: ["context", "context=1\ncontext=2\n", "=1\n", "context=\n", "context=1", "a=\u{1}\n", "A=1\n"])
    func aBrokenFileIsDamageOfTheOptionsAlone(text: String) throws {
        let fixture = try fixture()
        try fixture.write(Array(text.utf8), to: Self.file)
        let error = #expect(throws: StoreError.self) { try fixture.store.options(of: name("tiny")) }
        #expect(error?.code == .damaged)
        #expect(try fixture.store.list().warnings.isEmpty)
        let package = try fixture.store.resolve(ModelReference("tiny"))
        #expect(throws: StoreError.self) { try package.loadOptions() }
    }

    @Test func aModelThatIsNotThereHasNoOptions() throws {
        let empty = try StoreFixture()
        #expect(throws: StoreError.self) { try empty.store.setOptions(of: name("tiny"), ["context": "1"]) }
        #expect(throws: StoreError.self) { try empty.store.options(of: name("tiny")) }
        #expect(try empty.tree().isEmpty)
        let fixture = try fixture()
        #expect(throws: StoreError.self) { try fixture.store.setOptions(of: name("acme/other"), ["context": "1"]) }
    }
}
