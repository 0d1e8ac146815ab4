// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import EngineRunner

struct TextTests {
    @Test(arguments: ["a", "äöü", "日本語", "🙂👩‍👩‍👧‍👦", "a\u{0}b", "\u{FFFD}", "\u{D7FF}\u{E000}\u{10FFFF}\u{800}\u{10000}"])
    func joinsBytesToCharacters(_ text: String) {
        var assembler = UTF8Assembler()
        var pieces: [String] = []
        for byte in text.utf8 {
            let piece = assembler.append([byte])
            #expect(!piece.contains("\u{FFFD}") || text.contains("\u{FFFD}"))
            pieces.append(piece)
        }
        #expect(pieces.joined() == text)
        #expect(assembler.finish().isEmpty)
    }

    @Test(
        arguments: [
            ([0x80], "\u{FFFD}"), ([0x61, 0xFF, 0x62], "a\u{FFFD}b"), ([0xC3], "\u{FFFD}"),
            ([0xC0, 0x80], "\u{FFFD}\u{FFFD}"),
            ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"), ([0xF0, 0x9F, 0x99], "\u{FFFD}"),
            ([0xE2, 0x61], "\u{FFFD}a"),
        ] as [([UInt8], String)])
    func replacesWhatIsNoText(_ bytes: [UInt8], _ text: String) {
        var assembler = UTF8Assembler()
        var result = ""
        for byte in bytes { result += assembler.append([byte]) }
        #expect(result + assembler.finish() == text)
    }

    @Test(arguments: [1, 2, 3, 100])
    func findsTheFirstStopHoweverTheTextArrives(_ size: Int) {
        var matcher = StopMatcher(stops: ["", "END", "<|im_end|>", "é!"])
        var rest = Substring("Enter <|im_start|> EN EEND and more")
        var result = ""
        while !rest.isEmpty {
            result += matcher.append(String(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        #expect(result + matcher.finish() == "Enter <|im_start|> EN E")
        #expect(matcher.isStopped)
    }

    @Test func givesBackWhatLookedLikeAStop() {
        var matcher = StopMatcher(stops: ["<|im_end|>"])
        #expect(matcher.append("a <|im") == "a ")
        #expect(matcher.append("_start") == "<|im_start")
        #expect(matcher.append("<") == "")
        #expect(matcher.finish() == "<")
        #expect(!matcher.isStopped)
    }

    @Test func saysNothingAfterAStop() {
        var matcher = StopMatcher(stops: ["x"])
        #expect(matcher.append("abxcd") == "ab")
        #expect(matcher.append("more") == "")
        #expect(matcher.finish() == "")
    }
}
