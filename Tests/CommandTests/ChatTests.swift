// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Conversations, by the built worker.
struct ChatTests {
    private static let long = String(repeating: "checksum ", count: 350)

    private func lines(_ text: String) throws -> [JSONValue] {
        try text.split(separator: "\n").map { try JSONValue(strict: Array($0.utf8)) }
    }

    @Test func aTurnThatDoesNotFitLeavesTheConversationAlone() throws {
        let site = try Site()
        let arguments = ["chat", Site.model, "--temperature", "0", "--threads", "1", "--context", "256", "--json"]
        let plain = try site.run(
            "bash", ["-c", "printf 'Hello\\nWho are you?\\n' | '\(Site.baigo.path)' \"$@\"", "-"] + arguments)
        expect(plain, endsWith: .done)
        try site.write(Data("Hello\n\(Self.long)\nWho are you?\n".utf8), to: "turns")
        let result = try site.run("bash", ["-c", "'\(Site.baigo.path)' \"$@\" < turns", "-"] + arguments)
        expect(result, endsWith: .engine, identifier: "engine.prompt-too-long")
        #expect(result.errorOutput.contains("/clear"))
        let answers = try lines(result.text)
        #expect(answers.count == 3)
        #expect(answers[1]["error"]?["identifier"] == "engine.prompt-too-long")
        #expect(answers[1]["role"] == "assistant")
        #expect([answers[0]["text"], answers[2]["text"]] == (try lines(plain.text)).map { $0["text"] })
    }

    @Test func aHistoryThatOutgrewTheContextIsForgottenByClear() throws {
        let site = try Site()
        let turns = [String](repeating: "What is an air gap?", count: 12) + ["/clear", "Hello", "/exit"]
        let result = try site.baigo(
            "chat", Site.model, "--temperature", "0", "--context", "128", "--json",
            input: Data(turns.joined(separator: "\n").utf8))
        expect(result, endsWith: .engine, identifier: "engine.prompt-too-long")
        let answers = try lines(result.text)
        #expect(answers.count == 13)
        #expect(answers[11]["error"] != nil)
        #expect(answers[12]["text"]?.string?.isEmpty == false)
    }

    @Test func aTerminalIsToldAndGoesOn() throws {
        let site = try Site()
        try site.write(
            Data("cat turns | script -qec \"'$BAIGO' chat '\(Site.model)' --context 64\" /dev/null".utf8),
            to: "terminal.sh")
        try site.write(Data("Hello\n\(Self.long)\nHello\n/exit\n".utf8), to: "turns")
        let result = try site.shell("BAIGO=\"$BAIGO\" bash terminal.sh")
        expect(result, endsWith: .done)
        #expect(result.text.contains("/clear,"))
    }

    @Test func optionsThatCannotBeUsedEndAChat() throws {
        let site = try Site()
        let result = try site.baigo(
            "chat", Site.model, "--typical-p", "7", "--json", input: Data("Hello\nHello\n".utf8))
        expect(result, endsWith: .usage, identifier: "engine.invalid-request")
        #expect(result.output.isEmpty)
    }
}
