// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Testing

struct EntryNameTests {
    /// Names that no container and no list may hold, by the rule that they break.
    static let faults: [NameRule: [String]] = [
        .empty: [""],
        .tooLong: [Array(repeating: "aaaaaaa", count: 129).joined(separator: "/")],
        .control: [
            "a\0b", "a\nb", "a\rb", "a\tb", "a\u{1B}[2Jb", "a\u{7F}b", "a\u{85}b", "a\u{9B}b", "a\u{61C}b",
            "a\u{200E}b",
            "a\u{200F}b", "a\u{202A}b", "a\u{202E}b", "a\u{2066}b", "a\u{2069}b",
        ],
        .zeroWidth: [
            "a\u{200B}b", "a\u{200C}b", "a\u{200D}b", "a\u{2060}b", "a\u{FEFF}b", "a\u{3164}b", "a\u{FFA0}b",
            "a\u{1D173}b", "a\u{FFF0}b",
        ],
        .normalization: ["e\u{301}", "model/\u{212B}", "\u{1100}\u{1161}", "\u{F900}/x"],
        .joinedSlash: ["a/\u{301}x", "\u{308}b", "model/\u{93E}", "a\u{600}/b", "a/b\u{600}"],
        .backslash: ["a\\b", "..\\a"],
        .reservedCharacter: ["a:b", "C:a", "a*b", "a?b", "a\"b", "a<b", "a>b", "a|b"],
        .emptyPart: ["/a", "//a", "a//b", "a/"],
        .dotPart: [".", "..", "../a", "a/../b", "a/./b", "./a", "a/.."],
        .longPart: [String(repeating: "a", count: 256), "model/" + String(repeating: "ü", count: 128)],
        .leadingBlank: [" a", "a/ b", "\u{A0}a", "\u{3000}a"],
        .leadingDash: ["-a", "a/-b", "-"],
        .trailingDotOrBlank: ["a.", "a/b ", "a./b", "a...", "a\u{A0}"],
        .deviceName: [
            "CON", "con.txt", "model/nul", "aux.tar.gz", "COM1", "lpt9.gguf", "COM¹", "NUL .txt", "conin$", "prn/a",
        ],
    ]

    @Test(arguments: faults)
    func refuses(_ rule: NameRule, _ names: [String]) {
        for name in names {
            let error = #expect(throws: BundleError.self) { try EntryName.validate(Array(name.utf8)) }
            #expect(error?.identifier == rule.identifier, "\(name.debugDescription)")
            #expect(error?.exitStatus == .invalidContent)
        }
    }

    @Test(arguments: [[0x61, 0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0x61, 0xCC]])
    func refusesBytesThatAreNoUTF8(_ name: [UInt8]) {
        let error = #expect(throws: BundleError.self) { try EntryName.validate(name) }
        #expect(error?.identifier == NameRule.notUTF8.identifier)
    }

    @Test func refusesUnmarkedUTF8() {
        let error = #expect(throws: BundleError.self) {
            try EntryName.validate(Array("é".utf8), markedUTF8: false)
        }
        #expect(error?.identifier == NameRule.unmarkedUTF8.identifier)
    }

    @Test func everyRuleHasAFault() {
        #expect(Set(NameRule.allCases).subtracting(Self.faults.keys) == [.notUTF8, .unmarkedUTF8])
    }

    @Test(arguments: [
        "a", "model/x.gguf", "model/ünïcode 漢.txt", "a-b", "console", "COM10", "a/.hidden", "nul1", "a b", "..a", "🙂",
        "é/ñ", "model/ний", "हिन्दी",
    ])
    func takes(_ name: String) throws {
        #expect(try EntryName.validate(Array(name.utf8)) == name)
    }

    @Test func takesNamesUpToTheirBounds() throws {
        _ = try EntryName.validate(Array(repeating: 0x61, count: 255))
        let long = Array(repeating: "aaaaaaa", count: 128).joined(separator: "/")
        _ = try EntryName.validate(Array(long.utf8))
    }

    @Test(arguments: [
        ("A", "a"), ("\u{E9}", "e\u{301}"), ("straße", "STRASSE"), ("Σ", "ς"), ("ﬁ", "FI"), ("K", "k"), ("ẞ", "ß"),
        ("ẞ", "SS"),
    ])
    func foldsNamesThatSomeFileSystemTakesForOne(_ left: String, _ right: String) {
        #expect(EntryName.folded(left) == EntryName.folded(right))
    }
}
