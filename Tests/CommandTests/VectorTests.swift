// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Vectors, scores and tokens, by the built worker.
struct VectorTests {
    private func site() throws -> Site {
        let site = try Site()
        try site.write(Data(TinyBERT.file()), to: "bert.gguf")
        try site.write(Data(TinyBERT.file(pooling: 4)), to: "scores.gguf")
        return site
    }

    private func vectors(_ result: ProgramResult) throws -> [[Double]] {
        expect(result, endsWith: .done)
        return try result.text.split(separator: "\n").enumerated().map { index, line in
            let value = try JSONValue(strict: Array(line.utf8))
            #expect(value["index"]?.integer == Int64(index))
            guard case .array(let numbers) = value["embedding"] else { return [] }
            return numbers.compactMap { number in
                switch number {
                case .decimal(let text): Double(text)
                case .integer(let whole): Double(whole)
                default: nil
                }
            }
        }
    }

    @Test func vectorsHaveLengthOneAndTellTextsApart() throws {
        let site = try site()
        let made = try vectors(
            site.baigo("embed", "bert.gguf", "the cat sits", "the dog runs", "the cat sits", "--json"))
        #expect(made.count == 3)
        for vector in made {
            #expect(vector.count == TinyBERT.width)
            #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        }
        #expect(zip(made[0], made[2]).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(zip(made[0], made[1]).contains { abs($0 - $1) > 1e-3 })
    }

    /// More texts than one context, one batch or one request takes.
    @Test func manyTextsGiveWhatEachGivesAlone() throws {
        let site = try site()
        let texts = (0..<600).map { index in
            (0...(index % 11)).map { TinyBERT.words[(index + $0 * 3) % TinyBERT.words.count] }.joined(separator: " ")
        }
        let all = try vectors(
            site.baigo("embed", "bert.gguf", "--json", input: Data((texts.joined(separator: "\n\n") + "\n").utf8)))
        #expect(all.count == texts.count)
        for index in [0, 63, 64, 255, 256, 599] where index < all.count {
            let alone = try vectors(site.baigo("embed", "bert.gguf", texts[index], "--json"))
            #expect(zip(all[index], alone[0]).allSatisfy { abs($0 - $1) < 1e-4 }, "text \(index)")
        }
        try site.write(Data("the cat\nthe dog\n".utf8), to: "lines.txt")
        let lines = try site.baigo("embed", "bert.gguf", "--file", "lines.txt")
        expect(lines, endsWith: .done)
        #expect(lines.text.split(separator: "\n").map { $0.split(separator: " ").count } == [32, 32])
    }

    @Test func textsAndModelsThatDoNotFit() throws {
        let site = try site()
        let long = String(repeating: "cat ", count: 200)
        let result = try site.baigo("embed", "bert.gguf", "the cat", long, "--json")
        expect(result, endsWith: .engine, identifier: "engine.prompt-too-long")
        #expect(result.errorOutput.contains("text 2"))
        #expect(try lines(result) == [0])
        expect(
            try site.baigo("embed", Site.model, "hi", "--json"), endsWith: .engine,
            identifier: "engine.not-a-vector-model")
        expect(
            try site.baigo("embed", "scores.gguf", "hi", "--json"), endsWith: .engine,
            identifier: "engine.not-a-vector-model")
        expect(
            try site.baigo("rerank", "bert.gguf", "hi", "ho", "--json"), endsWith: .engine,
            identifier: "engine.not-a-vector-model")
        expect(
            try site.baigo("run", "bert.gguf", "hi", "--json"), endsWith: .engine,
            identifier: "engine.not-a-text-model")
        expect(try site.baigo("embed", "bert.gguf"), endsWith: .usage)
    }

    private func lines(_ result: ProgramResult) throws -> [Int64?] {
        try result.text.split(separator: "\n").map { try JSONValue(strict: Array($0.utf8))["index"]?.integer }
    }

    /// Beyond what one request to the engine takes.
    @Test func aTextThatDoesNotFitIsNamedByItsPlaceInTheWholeInput() throws {
        let site = try site()
        var texts = [String](repeating: "the cat", count: 310)
        texts[300] = String(repeating: "cat ", count: 200)
        let input = Data(([0xEF, 0xBB, 0xBF] + Array(texts.joined(separator: "\n").utf8)))
        let result = try site.baigo("embed", "bert.gguf", "--json", input: input)
        expect(result, endsWith: .engine, identifier: "engine.prompt-too-long")
        #expect(result.errorOutput.contains("text 301 "))
        #expect(try lines(result) == (0..<300).map { Int64($0) })
        let scores = try site.baigo("rerank", "scores.gguf", "the dog", "--json", input: input)
        expect(scores, endsWith: .engine, identifier: "engine.prompt-too-long")
        #expect(scores.errorOutput.contains("text 301 "))
        #expect(scores.output.isEmpty)
        let marked = try site.baigo("embed", "bert.gguf", "--json", input: input.prefix(10))
        #expect(marked.output == (try site.baigo("embed", "bert.gguf", "the cat", "--json")).output)
    }

    @Test func textsComeInTheOrderOfTheirScores() throws {
        let site = try site()
        let texts = ["the cat", "the dog runs", "air gap", "model"]
        let result = try site.run(
            Site.baigo.path, ["rerank", "scores.gguf", "the air gap"] + texts + ["--json"])
        expect(result, endsWith: .done)
        guard case .array(let results) = try result.json["results"] else {
            Issue.record("\(result)")
            return
        }
        #expect(Set(results.compactMap { $0["text"]?.string }) == Set(texts))
        let plain = try site.run(Site.baigo.path, ["rerank", "scores.gguf", "the air gap"] + texts + ["--top", "2"])
        expect(plain, endsWith: .done)
        let lines = plain.text.split(separator: "\n").map { $0.split(separator: "\t") }
        #expect(lines.count == 2)
        let scores = lines.compactMap { Double($0[0]) }
        #expect(scores == scores.sorted(by: >))
        #expect(lines.map { String($0[2]) } == results.prefix(2).compactMap { $0["text"]?.string })
    }

    @Test(arguments: ["Once upon a time", "What is a checksum?", "  two  blanks ", "äöü 日本 🙂", "<|im_start|>user\n"])
    func tokensGiveTheTextBack(_ text: String) throws {
        let site = try Site()
        let tokens = try site.baigo("tokenize", Site.model, text, "--bare", "--json")
        expect(tokens, endsWith: .done)
        guard case .array(let pieces) = try tokens.json["tokens"] else {
            Issue.record("\(tokens)")
            return
        }
        #expect(try tokens.json["count"]?.integer == Int64(pieces.count))
        let ids = try site.baigo("tokenize", Site.model, text, "--bare", "--ids")
        #expect(ids.text == pieces.compactMap { $0["id"]?.integer }.map(String.init).joined(separator: " ") + "\n")
        let back = try site.baigo("tokenize", Site.model, "--decode", input: ids.output)
        expect(back, endsWith: .done)
        #expect(back.text == text)
        let count = try site.baigo("tokenize", Site.model, text, "--bare", "--count")
        #expect(count.text == "\(pieces.count)\n")
    }

    @Test func tokensThatAreNone() throws {
        let site = try site()
        expect(
            try site.baigo("tokenize", Site.model, "--decode", "1 2000000", "--json"), endsWith: .usage,
            identifier: "engine.invalid-request")
        expect(try site.baigo("tokenize", Site.model, "--decode", "--", "-1"), endsWith: .usage)
        expect(try site.baigo("tokenize", Site.model, "--decode", "one"), endsWith: .usage)
        let words = try site.baigo("tokenize", "bert.gguf", "the cat", "--ids")
        #expect(words.text == "2 9 5 3\n", "with the tokens that the model wants around it")
    }
}
