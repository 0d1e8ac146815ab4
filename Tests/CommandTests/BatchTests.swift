// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Many requests in one run, by the built worker.
struct BatchTests {
    private static let questions = [
        "What is an air gap?", "What is a checksum?", "What is a signature?", "Hello", "Who are you?",
        "How do I import a package?", "What is a manifest?",
    ]
    private static let greedy = ["--temperature", "0", "--seed", "1", "--threads", "1"]

    private func lines(_ text: String) throws -> [JSONValue] {
        try text.split(separator: "\n").map { try JSONValue(strict: Array($0.utf8)) }
    }

    private func requests(_ count: Int) -> Data {
        let lines = (0..<count).map { index in
            "{\"id\": \"q\(index)\", \"prompt\": \"\(Self.questions[index % Self.questions.count])\"}\n"
        }
        return Data(lines.joined().utf8)
    }

    @Test func answersComeInOrderAndAreThoseOfSingleRuns() throws {
        let site = try Site()
        try site.write(requests(19), to: "in.jsonl")
        let batch = try site.baigo(
            ["run", Site.model, "--batch", "in.jsonl", "--parallel", "3", "--max-tokens", "24"] + Self.greedy)
        expect(batch, endsWith: .done)
        let answers = try lines(batch.text)
        #expect(answers.map { $0["index"]?.integer } == (0..<19).map { Int64($0) })
        #expect(answers.map { $0["id"]?.string } == (0..<19).map { "q\($0)" })
        for (index, question) in Self.questions.enumerated() {
            let single = try site.baigo(
                ["run", Site.model, question, "--max-tokens", "24", "--json"] + Self.greedy
            ).json
            for key in ["text", "finishReason", "seed"] { #expect(answers[index][key] == single[key], "\(question)") }
            for key in ["promptTokens", "completionTokens"] {
                #expect(answers[index]["usage"]?[key] == single["usage"]?[key])
            }
        }
        for index in 7..<19 {
            #expect(answers[index]["text"] == answers[index - 7]["text"], "the same question in any place")
        }
    }

    @Test func aBatchGoesOnWhereItEnded() throws {
        let site = try Site()
        let arguments = ["run", Site.model, "--max-tokens", "8", "--batch", "in.jsonl"] + Self.greedy
        try site.write(requests(6) + Data("no request\n".utf8), to: "in.jsonl")
        let whole = try site.baigo(arguments)
        expect(whole, endsWith: .partlyDone)
        let output = Data(whole.output)
        let ends = output.indices.filter { output[$0] == 0x0A }
        let zeros = Data(count: 5)
        for left in [
            output.prefix(ends[1] + 1), output.prefix(ends[2] + 10), output.prefix(3),
            output.prefix(ends[0] + 9) + zeros, Data(), output,
        ] {
            try site.write(Data(left), to: "out.jsonl")
            expect(try site.baigo(arguments + ["--output", "out.jsonl"]), endsWith: .partlyDone)
            #expect(try site.contents("out.jsonl") == output, "\(left.count) bytes were there")
        }
        expect(try site.baigo(arguments + ["--output", "new.jsonl", "--quiet"]), endsWith: .partlyDone)
        #expect(try site.contents("new.jsonl") == output)
    }

    @Test func aKilledRunLosesNothingThatItWrote() throws {
        let site = try Site()
        let arguments =
            ["run", Site.model, "--max-tokens", "8", "--batch", "in.jsonl", "--parallel", "2"] + Self.greedy
        try site.write(requests(60), to: "in.jsonl")
        let whole = try site.baigo(arguments)
        expect(whole, endsWith: .done)
        let running = try site.starting(
            "run", Site.model, "--max-tokens", "8", "--batch", "in.jsonl", "--parallel", "2", "--temperature", "0",
            "--seed",
            "1", "--threads", "1", "--output", "out.jsonl")
        var written = Data()
        while running.isRunning, written.count(where: { $0 == 0x0A }) < 2 {
            usleep(1000)
            if site.exists("out.jsonl") { written = try site.contents("out.jsonl") }
        }
        if running.isRunning { kill(running.processIdentifier, SIGKILL) }
        _ = try running.wait()
        let left = try site.contents("out.jsonl")
        #expect(!left.isEmpty)
        #expect(Data(whole.output).starts(with: left))
        expect(try site.baigo(arguments + ["--output", "out.jsonl"]), endsWith: .done)
        #expect(try site.contents("out.jsonl") == Data(whole.output))
    }

    @Test func theOutputOfAnotherBatchIsLeftAlone() throws {
        let site = try Site()
        let arguments = ["run", Site.model, "--max-tokens", "2", "--batch", "in.jsonl", "--output", "out.jsonl"]
        try site.write(requests(2), to: "in.jsonl")
        expect(try site.baigo(arguments), endsWith: .done)
        let output = try site.contents("out.jsonl")
        expect(try site.baigo(arguments + ["--top-k", "3", "--json"]), endsWith: .usage, identifier: "usage")
        for other in ["{\"prompt\": \"Something else\"}\n", "", "{}\n"] {
            try site.write(Data(other.utf8), to: "in.jsonl")
            expect(try site.baigo(arguments), endsWith: .usage)
            #expect(try site.contents("out.jsonl") == output)
        }
        for other in [
            "a letter\n", "{\"a\": 1}", "{\"index\": 0}\n", "\0\0\0\0", "{\"index\": 1, \"request\": \"x\"}\n",
        ] {
            try site.write(Data(other.utf8), to: "letter.txt")
            let result = try site.baigo(
                "run", Site.model, "--batch", "in.jsonl", "--output", "letter.txt", "--json")
            expect(result, endsWith: .usage, identifier: "usage")
            #expect(try site.contents("letter.txt") == Data(other.utf8))
        }
        try FileManager.default.createDirectory(atPath: site.path("folder"), withIntermediateDirectories: true)
        let folder = try site.baigo("run", Site.model, "--batch", "in.jsonl", "--output", "folder")
        expect(folder, endsWith: .invalidContent)
        expect(try site.baigo("run", Site.model, "--batch", "in.jsonl", "--output", "folder/"), endsWith: .usage)
    }

    @Test func linesThatAreNoRequestsFailAlone() throws {
        let site = try Site()
        let bad = [
            "no json", "[]", "{}", "{\"prompt\": 1}", "{\"prompt\": \"x\", \"colour\": 1}", "{\"prompt\": \"x\"} {}",
            "{\"prompt\": \"x\", \"messages\": []}", "{\"messages\": []}", "{\"prompt\": \"x\", \"id\": [1]}",
            "{\"prompt\": \"x\", \"prompt\": \"y\"}", "{\"prompt\": \"x\", \"stop\": \"y\"}",
            "{\"prompt\": \"x\", \"grammar\": \"root ::= (\"}", "{\"prompt\": \"x\", \"maxTokens\": 0}",
            "{\"prompt\": \"x\", \"temperature\": -1}", "{\"prompt\": \"x\", \"temperature\": 1e999}",
            "{\"prompt\": \"x\", \"seed\": -1}", "{\"prompt\": \"x\", \"schema\": 1, \"grammar\": \"\"}",
            "{\"messages\": [{\"role\": \"wizard\", \"content\": \"x\"}]}", "{\"prompt\": \"\"}",
            "{\"prompt\": \"x\", \"grammar\": \"\"}", "{\"prompt\": \"x\", \"schema\": \" \"}",
            String(repeating: "[", count: 100_000), "{\"prompt\": \"\(String(repeating: "x", count: 9 << 20))\"}",
            "{\"prompt\": \"\(String(repeating: "checksum ", count: 2000))\"}",
        ]
        let good = """
            {"messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello"}], "maxTokens": 3}
            {"prompt": "A color?", "schema": {"enum": ["red", "green"]}, "id": 7}
            """
        var input = Data((bad.joined(separator: "\n") + "\n \n\n").utf8)
        input += [0x22, 0xFF, 0xFE, 0x22, 0x0A]
        input += Data(good.utf8)
        try site.write(input, to: "in.jsonl")
        let result = try site.baigo("run", Site.model, "--batch", "in.jsonl", "--context", "256", "--json")
        expect(result, endsWith: .partlyDone, identifier: "run.partly-answered")
        let answers = try lines(result.text)
        #expect(answers.count == bad.count + 3)
        for (index, answer) in answers.enumerated() {
            #expect((answer["error"] == nil) == (index > bad.count), "line \(index): \(answer)")
        }
        #expect(answers[0]["error"]?["identifier"] == "run.bad-request")
        #expect(answers[bad.count - 1]["error"]?["identifier"] == "engine.prompt-too-long")
        #expect(["\"red\"", "\"green\""].contains(answers.last?["text"]?.string))
        #expect(answers.last?["id"] == 7)
    }

    @Test func requestsComeFromStandardInput() throws {
        let site = try Site()
        let result = try site.baigo(
            "run", Site.model, "--batch", "-", "--max-tokens", "2", "--raw", input: requests(2))
        expect(result, endsWith: .done)
        #expect(try lines(result.text).count == 2)
        let empty = try site.baigo("run", Site.model, "--batch", "-")
        expect(empty, endsWith: .done)
        #expect(empty.text.isEmpty)
        expect(try site.baigo("run", Site.model, "hi", "--batch", "-"), endsWith: .usage)
        expect(try site.baigo("run", Site.model, "hi", "--parallel", "2"), endsWith: .usage)
        expect(try site.baigo("run", Site.model, "--batch", "-", "--parallel", "0"), endsWith: .usage)
        expect(try site.baigo("run", Site.model, "--batch", "none.jsonl"), endsWith: .notFound)
        let marked = try site.baigo(
            "run", Site.model, "--batch", "-", "--max-tokens", "2", input: Data([0xEF, 0xBB, 0xBF]) + requests(1))
        expect(marked, endsWith: .done)
        #expect(try lines(marked.text).map { $0["id"] } == ["q0"])
    }

    @Test(arguments: [
        ["--typical-p", "7"], ["--grammar", "root ::= ("], ["--samplers", "guess"], ["--logit-bias", "9999999=1"],
        ["--first-token-limit", "5"], ["--raw", "--reasoning", "on"], ["--ignore-end", "--schema", "{}"],
    ])
    func optionsOfTheCommandAreCheckedBeforeTheFirstLine(_ options: [String]) throws {
        let site = try Site()
        try site.write(requests(2), to: "in.jsonl")
        let result = try site.baigo(["run", Site.model, "--batch", "in.jsonl", "--json"] + options)
        expect(result, endsWith: .usage)
        #expect(result.output.isEmpty)
    }

    @Test func reasoningNeedsATemplateInABatchToo() throws {
        let site = try Site()
        try site.write(requests(1), to: "in.jsonl")
        let whole = try Data(contentsOf: URL(fileURLWithPath: Site.model))
        let key = try #require(whole.range(of: Data("tokenizer.chat_template".utf8)))
        var bare = whole
        bare.replaceSubrange(key, with: Data("tokenizer.chat_disabled".utf8))
        try site.write(bare, to: "bare.gguf")
        let result = try site.baigo("run", "./bare.gguf", "--batch", "in.jsonl", "--reasoning", "on", "--json")
        expect(result, endsWith: .usage, identifier: "usage")
        #expect(result.output.isEmpty)
    }

    @Test func aBatchIsNotContinuedWithAnotherModelTemplateOrContext() throws {
        let site = try Site()
        try site.write(requests(1), to: "in.jsonl")
        let template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        try site.write(Data(template.utf8), to: "t.jinja")
        try site.write(try Data(contentsOf: URL(fileURLWithPath: Site.model)), to: "m.gguf")
        func run(_ options: String..., model: String = "./m.gguf") throws -> ProgramResult {
            try site.baigo(
                [
                    "run", model, "--batch", "in.jsonl", "--output", "out.jsonl", "--max-tokens", "2",
                    "--chat-template", "t.jinja",
                ] + options)
        }
        expect(try run(), endsWith: .done)
        let output = try site.contents("out.jsonl")
        expect(try run("--context", "64"), endsWith: .usage)
        expect(try run("--cache-type", "f32"), endsWith: .usage)
        expect(try run("--threads", "1"), endsWith: .done)
        expect(try run(model: site.path("m.gguf")), endsWith: .done)
        try site.write(Data(("{# another #}" + template).utf8), to: "t.jinja")
        expect(try run(), endsWith: .usage)
        try site.write(Data(template.utf8), to: "t.jinja")
        expect(try run(), endsWith: .done)
        expect(try site.tool("touch", "-d", "2001-01-01", "m.gguf"), endsWith: .done)
        expect(try run(), endsWith: .usage)
        #expect(try site.contents("out.jsonl") == output)
    }

    @Test func aVersionOfTheStoreIsKnownByItsContents() throws {
        let site = try Site()
        try site.write(requests(1), to: "in.jsonl")
        for (title, force) in [("one", false), ("two", true)] {
            expect(
                try site.baigo(
                    "export", Site.model, "-o", "\(title).baimodel", "--name", "tiny", "--version", "1",
                    "--display-name", title), endsWith: .done)
            if force { expect(try site.baigo("remove", "tiny:1", "--yes", "--force"), endsWith: .done) }
            expect(try site.baigo("import", "\(title).baimodel", "--yes"), endsWith: .done)
            let result = try site.baigo(
                "run", "tiny", "--batch", "in.jsonl", "--output", "out.jsonl", "--max-tokens", "2")
            expect(result, endsWith: force ? .usage : .done)
        }
    }

    @Test func requestsThatFailedAreTriedAgain() throws {
        let site = try Site()
        let arguments = ["run", Site.model, "--max-tokens", "8", "--batch", "in.jsonl"] + Self.greedy
        try site.write(requests(4), to: "in.jsonl")
        let whole = Data(try site.baigo(arguments).output)
        var asked = requests(4).split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        let good = asked
        asked[1] = "{\"prompt\": \"half a li"
        asked[2] = "{\"prompt\": \"x\", \"colour\": 1}"
        try site.write(Data(asked.joined(separator: "\n").utf8), to: "in.jsonl")
        let first = try site.baigo(arguments + ["--output", "out.jsonl"])
        expect(first, endsWith: .partlyDone)
        #expect(first.errorOutput.contains("2 of 4 requests were not answered: those with the index 1, 2\n"))
        // The second run is cut off behind the first answer that it adds.
        asked[2] = good[2]
        try site.write(Data(asked.joined(separator: "\n").utf8), to: "in.jsonl")
        let line = try #require(String(decoding: whole, as: UTF8.self).split(separator: "\n").dropFirst(2).first)
        let unordered = try site.contents("out.jsonl") + Data((line + "\n{\"finishReason\":\"st").utf8)
        try site.write(unordered, to: "out.jsonl")
        expect(try site.baigo(arguments + ["--output", "out.jsonl"]), endsWith: .partlyDone)
        let left = try lines(String(decoding: site.contents("out.jsonl"), as: UTF8.self))
        #expect(left.map { $0["index"]?.integer } == [0, 1, 2, 3])
        #expect(left.map { $0["error"] != nil } == [false, true, false, false])
        asked[1] = good[1]
        try site.write(Data(asked.joined(separator: "\n").utf8), to: "in.jsonl")
        expect(try site.baigo(arguments + ["--output", "out.jsonl"]), endsWith: .done)
        #expect(try site.contents("out.jsonl") == whole)
        #expect(try site.shell("ls -A | grep -c draft || true").text == "0\n")
    }

    @Test func aBatchWithoutAnyAnswerIsNoPartOfOne() throws {
        let site = try Site()
        try site.write(Data("{}\n[]\n".utf8), to: "in.jsonl")
        let result = try site.baigo("run", Site.model, "--batch", "in.jsonl", "--json")
        expect(result, endsWith: .unexpected, identifier: "run.nothing-answered")
        #expect(try lines(result.text).count == 2)
    }
}
