// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import ModelStore
import SystemPackage
import Testing
import TestSupport

/// Receipts that were edited: nothing that they name is followed out of the store, and no number of theirs is added up
/// beyond what can be told.
@Suite(.temporaryHome)
struct ReceiptTests {
    private let versions = ["1.0", "2.0"]

    /// A store with two versions of a model, and the path of the receipt of the first.
    private func site() throws -> (fixture: StoreFixture, receipt: String) {
        let fixture = try StoreFixture()
        for version in versions { try fixture.add(try MemoryPackage(version: version)) }
        let folder = try #require(try fixture.paths(under: "models/acme/tiny/1.0~").first)
        return (fixture, folder + "receipt.json")
    }

    private func edit(
        _ path: String, of fixture: StoreFixture, files change: ([JSONValue]) -> [JSONValue]
    ) throws {
        var members = try #require(try JSONValue(strict: try fixture.bytes(of: path)).object)
        members["files"] = .array(change(members["files"]?.array ?? []))
        try fixture.write(JSONValue.object(members).prettyBytes, to: path)
        try fixture.root().removeFile("index-1.sqlite")
    }

    /// A folder that is not there, beside the store.
    private func beside(_ fixture: StoreFixture) -> FilePath {
        fixture.path.removingLastComponent().appending("copy-of-\(fixture.path.lastComponent?.string ?? "")")
    }

    private func remove(_ path: FilePath) {
        try? Folder.open(path.removingLastComponent()).removeTree(path.lastComponent?.string ?? "")
    }

    @Test(
        arguments: [
            "../../../../../victim", "/victim", "/", "", ".", "..", "model/../../victim", "model//x", "a\\b", "a\u{0}b",
        ])
    func followsNoPathOutOfTheStore(_ path: String) throws {
        let (fixture, receipt) = try site()
        let planted = Array("planted\n".utf8)
        let digest = try SHA256Digest(of: planted)
        try fixture.write(Array("precious\n".utf8), to: "victim")
        try edit(receipt, of: fixture) { files in
            files + [["path": .string(path), "role": "x", "sha256": .string(digest.hex), "size": .integer(8)]]
        }
        let blobs = try fixture.root().folder("blobs").folder("sha256").folder(making: String(digest.hex.prefix(2)))
        try blobs.publish(planted, as: digest.hex)

        let listing = try fixture.store.list()
        #expect(listing.models.flatMap(\.versions).map(\.version.description) == ["2.0"])
        #expect(listing.warnings.map(\.identifier) == ["store.damaged"])
        let report = try fixture.store.check()
        #expect(report.versions.map(\.reference).count == 1)
        let source = try RepairSource(at: fixture.path.appending("blobs"))
        _ = try fixture.store.repair(report, from: source, origin: "itself")
        #expect(try fixture.bytes(of: "victim") == Array("precious\n".utf8))
        let error = #expect(throws: StoreError.self) { try fixture.store.resolve(ModelReference("tiny:1.0")) }
        #expect(error?.code == .damaged)
        #expect(throws: StoreError.self) { try fixture.store.activate(ModelReference("tiny:1.0")) }
        let copy = beside(fixture)
        defer { remove(copy) }
        #expect(throws: StoreError.self) { try fixture.store.copy(to: copy) }
        _ = try fixture.store.remove(ModelReference("tiny:1.0"))
        #expect(try fixture.bytes(of: "victim") == Array("precious\n".utf8))
        #expect(try fixture.store.list().warnings.isEmpty)
    }

    @Test func addsNoSizesUpThatHaveNoSum() throws {
        let (fixture, receipt) = try site()
        try edit(receipt, of: fixture) { files in
            files.map { file in
                .object((file.object ?? [:]).merging(["size": .integer(.max)]) { $1 })
            }
        }
        #expect(try fixture.store.list().warnings.count == 1)
        #expect(try fixture.store.usage().warnings.count == 1)
        #expect(try fixture.store.check().versions.count == 1)
        #expect(try fixture.store.resolve(ModelReference("tiny:2.0")).version.isActive)
        #expect(try fixture.add(try MemoryPackage(version: "3.0")).outcome == .imported)
        _ = try fixture.store.remove(ModelReference("tiny"), all: true)
        #expect(try fixture.store.list() == StoreFixture().store.list())
    }

    @Test func addsSizesOfSeveralReceiptsUpAsFarAsTheyGo() throws {
        let (fixture, receipt) = try site()
        let second = try #require(try fixture.paths(under: "models/acme/tiny/2.0~").first) + "receipt.json"
        for (path, digit) in [(receipt, "a"), (second, "b")] {
            try fixture.root().publish([], as: "index-1.sqlite")
            try edit(path, of: fixture) { files in
                let line: JSONValue = [
                    "path": "model/huge", "role": "x", "sha256": .string(String(repeating: digit, count: 64)),
                    "size": .integer(.max - 1 << 30),
                ]
                return files + [line]
            }
        }
        #expect(try fixture.store.usage().total == ByteCount(Int64.max))
        #expect(try fixture.store.usage().models.first?.total == ByteCount(Int64.max))
        #expect(!(try fixture.store.check().isHealthy))
        let copy = beside(fixture)
        defer { remove(copy) }
        #expect(throws: FileError.self) { try fixture.store.copy(to: copy) }
        _ = try fixture.store.remove(ModelReference("tiny"), all: true)
        #expect(try fixture.paths(under: "models/").isEmpty)
    }
}
