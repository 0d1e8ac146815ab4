// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import EngineWire
import SystemPackage
import Testing

@testable import BaigoCLI

struct ConversationTests {
    @Test(arguments: [
        ("", Conversation.Turn.nothing), ("  ", .nothing), ("/exit", .exit), (" /exit ", .exit), ("/clear", .clear),
        ("/system Be brief.", .system("Be brief.")), ("/system", .system("")), ("hello", .say("hello")),
        ("  hello", .say("  hello")), ("/nonsense now", .unknown("/nonsense")),
    ])
    func readsALine(_ line: String, _ turn: Conversation.Turn) {
        #expect(Conversation.Turn(line) == turn)
    }

    @Test func remembersTurnsAndForgetsThem() {
        var conversation = Conversation(system: "s")
        conversation.add(question: "q", answer: "a")
        #expect(conversation.messages(asking: "r").map(\.content) == ["s", "q", "a", "r"])
        #expect(conversation.messages(asking: "r").map(\.role) == [.system, .user, .assistant, .user])
        conversation.clear()
        conversation.instruct("")
        #expect(conversation.messages(asking: "r").map(\.content) == ["r"])
    }
}

struct ModelArgumentTests {
    @Test(arguments: ["/a", "./a", "../a", "a.gguf", "a.GGUF", "x/a.baimodel", "a.tar.gz", ".", ".."])
    func takesForAPath(_ text: String) {
        #expect(ModelArgument(text) == .path(.init(text)))
    }

    @Test(arguments: ["a", "acme/a", "acme/a:1.0", "a:1~0f", "gguf", "~a"])
    func takesForAName(_ text: String) {
        #expect(ModelArgument(text) == .name(text))
    }
}

struct OutputTests {
    @Test(arguments: [(999, "999"), (1000, "1 K"), (292_800, "293 K"), (7_615_616_512, "7.62 B")] as [(Int64, String)])
    func countsAreShort(_ count: Int64, _ text: String) {
        #expect(PackageCard.shortCount(count) == text)
    }

    @Test func tablesAlignAndEscape() {
        var table = TextTable("A", "LONG")
        table.rows = [["wide cell", "x"], ["\u{1B}[2J", ""]]
        #expect(table.text == "A          LONG\nwide cell  x\n\\u{1b}[2J\n")
    }

    @Test func progressShowsEachPhaseOnceAtItsEnd() {
        let output = CapturedOutput()
        let display = ProgressDisplay(style: .plain, target: output)
        display.report(.hashing, completed: 0, total: 2048)
        display.report(.hashing, completed: 2048, total: 2048)
        display.report(.hashing, completed: 2048, total: 2048)
        display.report(.packaging, completed: 0, total: 0)
        let lines = output.text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("hashing: 2 KiB of 2 KiB"))
        #expect(lines[1].hasPrefix("packaging: 0 B of 0 B"))
    }
}
