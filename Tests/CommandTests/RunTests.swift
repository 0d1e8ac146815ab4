// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Models at work, by the built worker and the model of this repository.
struct RunTests {
    /// The questions and answers that the model's page lists.
    private static let answers: [(question: String, answer: String)] = {
        let page = Site.checkout.appendingPathComponent("Fixtures/models/README.md")
        let lines = ((try? String(contentsOf: page, encoding: .utf8)) ?? "").split(separator: "\n")
        guard let header = lines.firstIndex(of: "| question | answer |") else { return [] }
        return lines[(header + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            return (cells[0], cells[1])
        }
    }()

    @Test func answersEveryListedQuestionExactly() throws {
        let site = try Site()
        #expect(Self.answers.count >= 20)
        let turns = Self.answers.flatMap { [$0.question, "/clear"] }.joined(separator: "\n")
        let chat = try site.baigo("chat", Site.model, "--temperature", "0", "--json", input: Data(turns.utf8))
        expect(chat, endsWith: .done)
        let said = try chat.text.split(separator: "\n").map { try JSONValue(strict: Array($0.utf8)) }
        #expect(said.map { $0["text"]?.string } == Self.answers.map(\.answer))
        #expect(said.allSatisfy { $0["finishReason"] == "stop" })
    }

    @Test func runTakesThePromptFromArgumentAndInput() throws {
        let site = try Site()
        let (question, answer) = try #require(Self.answers.first { $0.question.hasPrefix("What") })
        let argument = try site.baigo("run", Site.model, question, "--temperature", "0")
        expect(argument, endsWith: .done)
        #expect(argument.text == answer + "\n")
        #expect(argument.errorOutput.isEmpty)
        let input = try site.baigo("run", Site.model, "--temperature", "0", "--json", input: Data(question.utf8))
        expect(input, endsWith: .done)
        #expect(try input.json["text"]?.string == answer)
        #expect(try input.json["chatTemplate"] == true)
        #expect((try input.json["usage"]?["completionTokens"]?.integer ?? 0) > 3)
        let both = try site.baigo("run", Site.model, "Hello", "--json", "--temperature", "0", input: Data("there".utf8))
        let alone = try site.baigo("run", Site.model, "Hello\n\nthere", "--json", "--temperature", "0")
        #expect(try both.json["text"] == alone.json["text"])
        #expect(try both.json["usage"]?["promptTokens"] == alone.json["usage"]?["promptTokens"])
        expect(try site.baigo("run", Site.model), endsWith: .usage)
    }

    @Test func aSeedMakesAnAnswerRepeatable() throws {
        let site = try Site()
        let texts = try (0..<2).map { _ in
            try site.baigo(
                "run", Site.model, "Tell", "--raw", "--seed", "7", "--temperature", "1.5", "--max-tokens", "12",
                "--json"
            ).json["text"]
        }
        #expect(texts[0] == texts[1])
        let limited = try site.baigo("run", Site.model, "Tell me", "--raw", "--max-tokens", "1", "--json")
        #expect(try limited.json["usage"]?["completionTokens"] == 1)
    }

    @Test func aPromptLongerThanTheContext() throws {
        let site = try Site()
        let prompt = String(repeating: "checksum ", count: 400)
        let result = try site.baigo("run", Site.model, prompt, "--context", "64", "--json")
        expect(result, endsWith: .engine, identifier: "engine.prompt-too-long")
        #expect(result.output.isEmpty)
    }

    @Test func modelsThatCannotBeRun() throws {
        let site = try Site()
        try site.write(Data("hello".utf8), to: "text.gguf")
        expect(
            try site.baigo("run", "text.gguf", "hi", "--json"), endsWith: .invalidContent, identifier: "model.not-gguf")
        let whole = try Data(contentsOf: URL(fileURLWithPath: Site.model))
        try site.write(whole.prefix(whole.count - 4096), to: "cut.gguf")
        expect(
            try site.baigo("run", "cut.gguf", "hi", "--json"), endsWith: .invalidContent,
            identifier: "model.header.missing-data")
        expect(try site.baigo("run", "missing.gguf", "hi"), endsWith: .notFound)
        try site.write(Data(GGUFBuilder.textModel.file), to: "odd.gguf")
        let odd = try site.baigo("run", "odd.gguf", "hi", "--json")
        expect(odd, endsWith: .engine)
        #expect(odd.output.isEmpty)
    }

    @Test func withoutAWorkerAllElseWorks() throws {
        let site = try Site()
        site.environment["BAIGO_ENGINE"] = "/nowhere/baigo-engine"
        expect(try site.baigo("run", Site.model, "hi", "--json"), endsWith: .engine, identifier: "engine.not-found")
        expect(try site.baigo("export", Site.model, "-o", "m.baimodel"), endsWith: .done)
        expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
        expect(try site.baigo("list"), endsWith: .done)
    }

    @Test func anInterruptEndsARunAndItsWorker() throws {
        let site = try Site()
        try site.write(Data("#!/bin/sh\necho $$ > worker.pid\nexec sleep 1000\n".utf8), to: "worker")
        chmod(site.path("worker"), 0o755)
        site.environment["BAIGO_ENGINE"] = site.path("worker")
        for (signal, status) in [(SIGINT, BaigoCore.ExitStatus.interrupted), (SIGTERM, .terminated)] {
            let running = try site.starting("run", Site.model, "hi")
            while try !site.exists("worker.pid") || site.contents("worker.pid").isEmpty, running.isRunning {
                usleep(1000)
            }
            let worker = try #require(Int32(String(decoding: site.contents("worker.pid").dropLast(), as: UTF8.self)))
            kill(running.processIdentifier, signal)
            expect(try running.wait(), endsWith: status)
            #expect(kill(worker, 0) == -1 && errno == ESRCH)
            expect(try site.tool("rm", "worker.pid"), endsWith: .done)
        }
    }

    @Test func aReaderThatGoesAwayEndsARun() throws {
        let site = try Site()
        let result = try site.shell(
            "set +o pipefail; \"$BAIGO\" run '\(Site.model)' Hello < /dev/null | true; echo ${PIPESTATUS[0]}")
        #expect(result.text == "141\n", "\(result)")
    }
}
