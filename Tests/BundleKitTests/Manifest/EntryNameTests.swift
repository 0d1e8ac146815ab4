// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Testing

struct EntryNameTests {
    @Test(arguments: [
        "", "/a", "../a", "a/../b", "a/./b", ".", "..", "a//b", "a/", "a\\b", "a\0b", "a\nb", "a\u{7F}b", "a\u{85}b",
        "a\u{202E}b", "a\u{2066}b", "a\u{200B}b", "a\u{FEFF}b", "a:b", "a*b", "a?b", "a\"b", "a<b", "a>b", "a|b", " a",
        "a/ b", "-a", "a/-b", "a.", "a/b ", "a./b", "\u{A0}a", "CON", "con.txt", "model/nul", "aux.tar.gz", "COM1",
        "lpt9.gguf", "COM¹", "NUL .txt", "conin$",
    ])
    func refuses(_ name: String) {
        let error = #expect(throws: BundleError.self) { try EntryName.validate(Array(name.utf8)) }
        #expect(error?.code == .unsafeEntryName)
        #expect(error?.exitStatus == .invalidContent)
    }

    @Test(arguments: ["a", "model/x.gguf", "model/ünïcode 漢.txt", "a-b", "console", "COM10", "a/.hidden", "nul1"])
    func takes(_ name: String) throws {
        #expect(try EntryName.validate(Array(name.utf8)) == name)
    }

    @Test func refusesBytesThatAreNoUTF8OrNotMarked() {
        #expect(throws: BundleError.self) { try EntryName.validate([0x61, 0xFF]) }
        #expect(throws: BundleError.self) { try EntryName.validate(Array("é".utf8), markedUTF8: false) }
    }

    @Test func boundsNamesAndParts() throws {
        _ = try EntryName.validate(Array(repeating: 0x61, count: 255))
        #expect(throws: BundleError.self) { try EntryName.validate(Array(repeating: 0x61, count: 256)) }
        let long = Array(repeating: "aaaaaaa", count: 129).joined(separator: "/")
        #expect(throws: BundleError.self) { try EntryName.validate(Array(long.utf8)) }
    }

    @Test(arguments: [("A", "a"), ("\u{E9}", "e\u{301}"), ("straße", "STRASSE"), ("Σ", "ς")])
    func foldsNamesThatSomeFileSystemTakesForOne(_ left: String, _ right: String) {
        #expect(EntryName.folded(left) == EntryName.folded(right))
    }
}
