// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import ModelStore
import SystemPackage
import Testing
import TestSupport

@Suite(.temporaryHome)
struct StoreHomeTests {
    private var path: FilePath { TemporaryHome.path }

    private func make(_ mode: mode_t = 0o700) {
        #expect(mkdir(path.string, 0o700) == 0)
        #expect(chmod(path.string, mode) == 0)
    }

    @Test func readsAMissingHomeAsAnEmptyStoreAndMakesNothing() throws {
        let fixture = try StoreFixture()
        #expect(try fixture.store.list().models.isEmpty)
        #expect(try fixture.store.state() == nil)
        #expect(try fixture.store.folder("trust") == nil)
        #expect(try fixture.store.auditLog().head().sequence == 0)
        #expect(try fixture.store.auditLog().verify().openIntents.isEmpty)
        #expect(access(path.string, F_OK) != 0)
    }

    @Test func makesMissingParentsOnlyWhenItWrites() throws {
        let deep = TemporaryHome.around.appending("a").appending("b")
        let fixture = try StoreFixture(at: deep)
        #expect(access(TemporaryHome.around.appending("a").string, F_OK) != 0)
        try fixture.add(try MemoryPackage())
        #expect(try fixture.root().status().mode == 0o700)
    }

    @Test(arguments: [0o722, 0o720, 0o702, 0o777])
    func refusesAHomeThatOthersMayWrite(_ mode: mode_t) throws {
        make(mode)
        let error = #expect(throws: FileError.self) { try StoreFixture() }
        #expect(error?.code == .unsafeOwnership)
        #expect(error?.exitStatus == .environment)
        #expect(try Folder.open(path).names().isEmpty)
    }

    @Test(arguments: ["models", "audit", "staging", "blobs"])
    func refusesAFolderInItThatIsALinkOrOpenToOthers(_ name: String) throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        let part = path.appending(name).string
        #expect(chmod(part, 0o777) == 0)
        let open = #expect(throws: FileError.self) { try fixture.add(try MemoryPackage("other")) }
        #expect(open?.code == .unsafeOwnership)
        #expect(chmod(part, 0o700) == 0)
        #expect(rename(part, TemporaryHome.around.appending("elsewhere").string) == 0)
        #expect(symlink(TemporaryHome.around.appending("elsewhere").string, part) == 0)
        let link = #expect(throws: FileError.self) { try fixture.add(try MemoryPackage("other")) }
        #expect(link?.code == .unsafeOwnership)
        #expect(link?.message.contains("is a link") == true)
    }

    @Test func refusesAHomeThatIsALinkOrAFile() throws {
        #expect(symlink(TemporaryHome.around.string, path.string) == 0)
        #expect(throws: FileError.self) { try StoreFixture() }
        #expect(unlink(path.string) == 0)
        try Folder.open(TemporaryHome.around).publish([1], as: "home")
        let error = #expect(throws: FileError.self) { try StoreFixture() }
        #expect(error?.code == .wrongPlace)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a folder away"))
    func refusesAHomeOfAnotherUserAsRoot() throws {
        make()
        #expect(chown(path.string, 12345, 12345) == 0)
        let error = #expect(throws: FileError.self) { try StoreFixture() }
        #expect(error?.code == .unsafeOwnership)
        #expect(error?.message.contains("12345") == true)
    }

    @Test func leavesAFolderWithOtherThingsAlone() throws {
        make()
        try Folder.open(path).publish([1], as: "thesis.txt")
        let error = #expect(throws: StoreError.self) { try StoreFixture() }
        #expect(error?.code == .notAStore)
        #expect(try Folder.open(path).names() == ["thesis.txt"])
    }

    @Test func takesAnEmptyFolderAndWhatAnAdministratorLaidThere() throws {
        make(0o755)
        try Folder.open(path).publish([], as: "policy.toml")
        let fixture = try StoreFixture()
        #expect(try fixture.store.state() == nil)
        #expect(try fixture.add(try MemoryPackage()).outcome == .imported)
    }

    @Test func touchesNoStoreOfAnotherSchema() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        try fixture.write(Array(#"{"schemaVersion": 2, "storeID": "x"}"#.utf8), to: "store.json")
        let before = try fixture.tree()
        for attempt in 0..<2 {
            let error = #expect(throws: StoreError.self) {
                if attempt == 0 { _ = try fixture.store.list() } else { try fixture.add(try MemoryPackage("other")) }
            }
            #expect(error?.code == .unsupportedSchema)
        }
        #expect(try fixture.tree() == before)
    }

    @Test func saysThatTheStoreLostItsIdentity() throws {
        let fixture = try StoreFixture()
        try fixture.add(try MemoryPackage())
        try fixture.root().removeFile("store.json")
        let error = #expect(throws: StoreError.self) { try fixture.add(try MemoryPackage("other")) }
        #expect(error?.code == .damaged)
        try fixture.write(Array("{}".utf8), to: "store.json")
        #expect(throws: StoreError.self) { try fixture.store.list() }
    }
}
