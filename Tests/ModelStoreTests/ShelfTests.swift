// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct ShelfTests {
    /// An own store with one model, and a shared one that has it too, in another version, beside one more.
    private func fixtures() throws -> (own: StoreFixture, system: StoreFixture, shelf: StoreShelf) {
        let own = try StoreFixture()
        let system = try StoreFixture(at: TemporaryHome.around.appending("system"))
        try own.add(try MemoryPackage("acme/tiny", version: "1.0"))
        try system.add(try MemoryPackage("acme/tiny", version: "2.0"))
        try system.add(try MemoryPackage("acme/large", license: "x"))
        return (own, system, StoreShelf(own: own.store, system: system.path))
    }

    @Test func looksInTheOwnStoreFirstAndThenInTheSharedOne() throws {
        let (_, _, shelf) = try fixtures()
        func found(_ reference: String) throws -> String {
            let (place, package) = try shelf.resolve(ModelReference(reference))
            return "\(place.rawValue) \(package.version.reference)"
        }
        #expect(try found("tiny") == "own acme/tiny:1.0")
        #expect(try found("tiny:2.0") == "system acme/tiny:2.0")
        #expect(try found("large") == "system acme/large:1.0")
        #expect(try shelf.history(of: ModelReference("large")).count == 1)
        let missing = #expect(throws: StoreError.self) { try shelf.resolve(ModelReference("none")) }
        #expect(missing?.code == .modelNotFound)
        let version = #expect(throws: StoreError.self) { try shelf.resolve(ModelReference("tiny:3.0")) }
        #expect(version?.code == .versionNotFound)
        let listing = try shelf.list()
        #expect(
            listing.models.map { "\($0.place.rawValue) \($0.model.name)" } == [
                "own acme/tiny", "system acme/large", "system acme/tiny",
            ])
        #expect(try shelf.list(PackageName(validating: "large")).models.map(\.place) == [.system])
        #expect(throws: StoreError.self) { try shelf.list(PackageName(validating: "none")) }
    }

    @Test func neverMakesUpForADamagedOwnVersion() throws {
        let (own, system, shelf) = try fixtures()
        try system.add(try MemoryPackage("acme/tiny", version: "1.0"))
        let package = try own.store.resolve(ModelReference("tiny"))
        try Folder.open(package.folder).removeFile("manifest.json")
        let error = #expect(throws: StoreError.self) { try shelf.resolve(ModelReference("tiny")) }
        #expect(error?.code == .damaged)
    }

    @Test func doesWithoutASharedStoreThatOthersMayWriteTo() throws {
        let (_, system, shelf) = try fixtures()
        #expect(chmod(system.path.string, 0o777) == 0)
        #expect(try shelf.resolve(ModelReference("tiny")).place == .own)
        let listing = try shelf.list()
        #expect(listing.models.map(\.place) == [.own])
        #expect(listing.warnings.map(\.identifier) == ["environment.ownership"])
        let error = #expect(throws: FileError.self) { try shelf.resolve(ModelReference("large")) }
        #expect(error?.code == .unsafeOwnership)
        #expect(error?.message.contains(system.path.string) == true)
    }

    @Test func isTheOwnStoreAloneWhereThereIsNoOther() throws {
        let own = try StoreFixture()
        try own.add(try MemoryPackage())
        let missing = TemporaryHome.around.appending("nowhere")
        for path in [nil, own.path, missing] {
            let shelf = StoreShelf(own: own.store, system: path)
            #expect(try shelf.list().models.map(\.place) == [.own])
            #expect(throws: StoreError.self) { try shelf.resolve(ModelReference("other")) }
        }
        #expect(access(missing.string, F_OK) != 0)
    }

    @Test func letsEveryoneReadASharedStoreWhateverTheUmaskIs() throws {
        let path = TemporaryHome.around.appending("shared")
        let store = try ModelStore.open(
            home: path,
            context: StoreContext(user: "a", host: "b", program: "baigo 0.1.0", clock: { StoreFixture.start }),
            sharing: true)
        let package = try MemoryPackage()
        _ = try store.importPackage(package, ImportRequest(from: "x") { _ in StoreFixture.unsigned })
        _ = try store.pin(ModelReference("tiny"), true)
        let modes = try Program("find").run([path.string, "-printf", "%y %m\\n"]).text.split(separator: "\n")
        #expect(Set(modes) == ["d 755", "f 444", "f 644", "f 600"])
        let closed = try Program("find").run([path.string, "-perm", "600"]).text
        #expect(closed == "\(path)/lock\n")
    }
}
