// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Glibc
import SystemPackage
import Testing

struct FolderTests {
    private func withFolder(_ body: (Folder) throws -> Void) throws {
        let path = try Folder.makeTemporary(in: "/tmp", prefix: "baigo-core-")
        defer { _ = try? Folder.open("/tmp").removeTree(path.lastComponent?.string ?? "") }
        let folder = try Folder.open(path)
        #expect(try folder.status().mode == 0o700)
        try body(folder)
    }

    @Test func publishesWholeFilesAndReplacesThem() throws {
        try withFolder { folder in
            try folder.publish([1, 2, 3], as: "a")
            try folder.publish([4], as: "a", mode: 0o644)
            #expect(try folder.bytes(of: "a") == [4])
            #expect(try folder.names() == ["a"])
            #expect(try folder.status(of: "a")?.mode == 0o644)
        }
    }

    @Test func neverFollowsALink() throws {
        try withFolder { folder in
            try folder.publish([1], as: "a")
            #expect(symlinkat("a", folder.raw, "link") == 0)
            #expect(symlinkat(".", folder.raw, "loop") == 0)
            #expect(throws: FileError.self) { try folder.file(reading: "link") }
            #expect(throws: FileError.self) { try folder.folder("loop") }
            #expect(throws: FileError.self) { try folder.file(appending: "link") }
        }
    }

    @Test(arguments: ["", ".", "..", "/", "a/b", "../a", "/a", "a/", "a\u{0}", "a\u{0}/b", "a/\u{301}b"])
    func refusesANameThatIsNoSinglePart(_ name: String) throws {
        try withFolder { outer in
            try outer.publish([1], as: "a")
            let folder = try outer.folder(making: "inner")
            try folder.publish([1], as: "x")
            let attempts: [() throws -> Void] = [
                { _ = try folder.folder(name) }, { _ = try folder.folder(making: name) },
                { _ = try folder.file(reading: name) }, { _ = try folder.file(creating: name) },
                { _ = try folder.file(updating: name) }, { _ = try folder.file(appending: name) },
                { _ = try folder.bytes(of: name) }, { _ = try folder.status(of: name) },
                { try folder.rename("x", to: name) }, { try folder.rename(name, to: "y") },
                { try folder.rename("x", toNew: name, in: outer) }, { try folder.rename(name, toNew: "y", in: outer) },
                { try folder.link("x", to: name, in: outer) }, { try folder.link(name, to: "y", in: outer) },
                { try folder.removeFile(name) }, { try folder.removeTree(name) },
                { try folder.publish([2], as: name) },
            ]
            for attempt in attempts {
                let error = #expect(throws: FileError.self) { try attempt() }
                #expect(error?.code == .wrongType)
            }
            #expect(try outer.names() == ["a", "inner"])
            #expect(try folder.names() == ["x"])
        }
    }

    @Test(arguments: ["...", "..a", ".a", "a\\b", " "])
    func takesOddNamesOfOnePart(_ name: String) throws {
        try withFolder { folder in
            try folder.publish([1], as: name)
            #expect(try folder.names() == [name])
        }
    }

    @Test func renamesOntoNothingButAFreeName() throws {
        try withFolder { folder in
            try folder.publish([1], as: "a")
            try folder.publish([2], as: "b")
            let error = #expect(throws: FileError.self) { try folder.rename("a", toNew: "b", in: folder) }
            #expect(error?.code == .exists)
            try folder.rename("a", toNew: "c", in: folder)
            #expect(try folder.names() == ["b", "c"])
        }
    }

    @Test func removesATreeWithoutLeavingItThroughALink() throws {
        try withFolder { folder in
            try folder.publish([1], as: "kept")
            let inner = try folder.folder(making: "tree").folder(making: "deep")
            #expect(symlinkat("../../kept", inner.raw, "out") == 0)
            try folder.removeTree("tree")
            #expect(try folder.names() == ["kept"])
        }
    }

    @Test func aHeldLockNamesItsHolder() throws {
        try withFolder { folder in
            let lock = try FileLock.take("lock", in: folder, for: "import")
            let error = #expect(throws: FileError.self) { try FileLock.take("lock", in: folder, for: "remove") }
            #expect(error?.code == .locked)
            #expect(error?.message.contains("\(getpid()) import") == true)
            withExtendedLifetime(lock) {}
        }
    }

    @Test func aLockIsFreeOnceItsHolderIsGone() throws {
        try withFolder { folder in
            do { _ = try FileLock.take("lock", in: folder, for: "import") }
            _ = try FileLock.take("lock", in: folder, for: "remove")
        }
    }
}
