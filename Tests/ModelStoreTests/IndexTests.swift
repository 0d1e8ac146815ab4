// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct IndexTests {
    private let index = "index-1.sqlite"

    private func fixture() throws -> StoreFixture {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage("acme/tiny", version: "1.0"))
        try fixture.add(try MemoryPackage("acme/tiny", version: "2.0"), evidence: StoreFixture.trusted)
        try fixture.add(try MemoryPackage("plain", license: "x"))
        return fixture
    }

    @Test func tellsTheSameWithAndWithoutTheIndex() throws {
        let fixture = try fixture()
        let listing = try fixture.store.list()
        #expect(listing.models.map(\.name.description) == ["acme/tiny", "plain"])
        #expect(listing.models.first?.versions.map(\.isTrusted) == [true, false])
        for name in try fixture.root().names() where name.hasPrefix("index") { try fixture.root().removeFile(name) }
        #expect(try fixture.store.list() == listing)
        try fixture.write(Array("no database".utf8), to: index)
        #expect(try fixture.store.list() == listing)
        try fixture.add(try MemoryPackage("third"))
        #expect(try fixture.bytes(of: index).starts(with: Array("SQLite format 3".utf8)))
        #expect(try fixture.store.list().models.count == 3)
    }

    @Test func believesThePlainFilesWhereTheyChangedSince() throws {
        let fixture = try fixture()
        let model = try Folder.open(fixture.path.appending("models/acme/tiny"))
        let folders = try model.names().filter { $0.contains("~") }
        try model.publish(Array((folders[0] + "\n").utf8), as: "active")
        #expect(try fixture.store.list().models.first?.active?.version.description == "1.0")
        try model.removeTree(folders[1])
        #expect(try fixture.store.list().models.first?.versions.map(\.version.description) == ["1.0"])
        try Folder.open(fixture.path.appending("models")).removeTree("acme")
        #expect(try fixture.store.list().models.map(\.name.description) == ["plain"])
    }

    @Test func keepsTheOrderOfNamesWhereTheIndexKnowsOnlySome() throws {
        let fixture = try StoreFixture()
        let names = ["a", "a-b/x", "a.b/y", "a/x", "a/z", "b"]
        for name in names { try fixture.add(try MemoryPackage(name)) }
        let whole = try fixture.bytes(of: index)
        #expect(try fixture.store.list().models.map(\.name.description) == names)
        let later = ["a-b/w", "a/y", "aa", "Z"]
        for name in later { try fixture.add(try MemoryPackage(name)) }
        try fixture.write(whole, to: index)
        #expect(
            try fixture.store.list().models.map(\.name.description) == ["Z", "a", "a-b/w"] + [
                "a-b/x", "a.b/y", "a/x", "a/y", "a/z", "aa", "b",
            ])
        try fixture.write(Array("no database".utf8), to: index)
        #expect(try fixture.store.list().models.map(\.name.description).count == names.count + later.count)
    }

    @Test func isNotBelievedWithAFlippedBit() throws {
        let fixture = try fixture()
        let listing = try fixture.store.list()
        let whole = try fixture.bytes(of: index)
        var random = UInt64(42)
        for _ in 0..<300 {
            // Of any generator, always the same.
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var damaged = whole
            damaged[Int(random >> 33) % whole.count] ^= 1 << UInt8(random >> 20 & 7)
            try fixture.write(damaged, to: index)
            #expect(try fixture.store.list() == listing)
        }
        for count in [0, 1, 71, 72, 4096, whole.count - 1] {
            try fixture.write(Array(whole.prefix(count)), to: index)
            #expect(try fixture.store.list() == listing)
        }
        try fixture.add(try MemoryPackage("third"))
        #expect(try fixture.store.list().models.count == 3)
        #expect(try IndexBytes(fixture.bytes(of: index)).isSealed)
    }

    @Test func isNotBelievedWhereARowLacksAValueThatItsTableDemands() throws {
        let fixture = try fixture()
        let listing = try fixture.store.list()
        let whole = IndexBytes(try fixture.bytes(of: index))
        let names = whole.positions(of: "acme/tiny")
        #expect(!names.isEmpty)
        // Each byte before a name may be the type of a column of its row: 0 says NULL.
        for position in Set(names.flatMap { $0 - 40..<$0 }).sorted() where whole.bytes[position] != 0 {
            var damaged = whole
            damaged.bytes[position] = 0
            damaged.seal()
            try fixture.write(damaged.bytes, to: index)
            _ = try fixture.store.list()
        }
        #expect(try fixture.store.rebuildIndex() == 2)
        #expect(try fixture.store.list() == listing)
        #expect(try fixture.store.check().isHealthy)
    }

    @Test func isMadeAnewWhereItCarriesNoChecksum() throws {
        let fixture = try fixture()
        let listing = try fixture.store.list()
        var old = IndexBytes(try fixture.bytes(of: index))
        old.bytes.replaceSubrange(68..<72, with: [0, 0, 0, 0])
        try fixture.write(old.bytes, to: index)
        #expect(try fixture.store.list() == listing)
        _ = try fixture.store.pin(try ModelReference("plain"), true)
        #expect(try IndexBytes(fixture.bytes(of: index)).isSealed)
    }

    @Test func leavesNoTraceOfItsMakingBehind() throws {
        let fixture = try fixture()
        #expect(try fixture.paths(under: "staging/").isEmpty)
        #expect(try fixture.root().names().filter { $0.hasPrefix("index") } == [index])
    }
}
