// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What `run` makes of files, forms and samplers.
struct RunFormTests {
    private static let completion = Site.checkout.appendingPathComponent(".build/engine/bin/llama-completion").path

    @Test func promptIsArgumentThenFilesThenInput() throws {
        let site = try Site()
        try site.write(Data("second".utf8), to: "a.txt")
        try site.write(Data("third".utf8), to: "b.txt")
        let parts = try site.baigo(
            "run", Site.model, "first", "--file", "a.txt", "--file", "b.txt", "--raw", "--temperature", "0", "--json",
            "--max-tokens", "4", input: Data("fourth".utf8))
        expect(parts, endsWith: .done)
        let whole = try site.baigo(
            "run", Site.model, "first\n\nsecond\n\nthird\n\nfourth", "--raw", "--temperature", "0", "--json",
            "--max-tokens", "4")
        #expect(try parts.json["text"] == whole.json["text"])
        #expect(try parts.json["usage"]?["promptTokens"] == whole.json["usage"]?["promptTokens"])
        expect(
            try site.baigo("run", Site.model, "x", "--file", "none.txt", "--json"), endsWith: .notFound,
            identifier: "file.not-found")
        try site.write(Data([0xFF, 0xFE]), to: "bytes.txt")
        let bytes = try site.baigo("run", Site.model, "x", "--file", "bytes.txt")
        expect(bytes, endsWith: .usage)
        #expect(bytes.errorOutput.contains("bytes.txt"))
        expect(try site.baigo("run", Site.model, "--file", "/dev/null"), endsWith: .usage)
    }

    @Test func schemaAndGrammarComeFromFileOrArgument() throws {
        let site = try Site()
        let schema = "{\"enum\": [\"red\", \"green\"]}"
        try site.write(Data(schema.utf8), to: "color.json")
        for value in ["color.json", schema] {
            let result = try site.baigo("run", Site.model, "A color?", "--schema", value, "--json")
            expect(result, endsWith: .done)
            #expect(["\"red\"", "\"green\""].contains(try result.json["text"]?.string))
        }
        try site.write(Data("root ::= [0-9]{4}".utf8), to: "year.gbnf")
        try site.write(Data("\n".utf8), to: "empty.txt")
        for value in ["year.gbnf", "root ::= [0-9]{4}"] {
            let result = try site.baigo("run", Site.model, "A year?", "--grammar", value)
            expect(result, endsWith: .done)
            #expect(result.text.wholeMatch(of: /[0-9]{4}\n/) != nil, "\(result.text)")
        }
        for arguments in [
            ["--grammar", "root ::= ("], ["--schema", "{\"type\": 7}"], ["--schema", "{"],
            ["--samplers", "guess"], ["--logit-bias", "1=x"], ["--min-p", "2"], ["--dry-base", "0"],
            ["--schema", "{}", "--grammar", "root ::= \"a\""], ["--logprobs", "2"], ["--chat-template", "none"],
            ["--grammar", "empty.txt"], ["--schema", "empty.txt"], ["--grammar", "root ::= \"a\"", "--ignore-end"],
            ["--schema", "{}", "--ignore-end"], ["--typical-p", "nan"], ["--repeat-penalty", "inf"],
            ["--adaptive-target", "-nan"], ["--logit-bias", "1=1e300"], ["--adapter", "./a.gguf=nan"],
            ["--adapter", "./a.gguf=-inf"], ["--typical-p", "7"], ["--repeat-last-n", "-2"],
        ] {
            let result = try site.run(
                Site.baigo.path, ["run", Site.model, "hi", "--max-tokens", "1"] + arguments)
            expect(result, endsWith: .usage)
            #expect(result.output.isEmpty)
            #expect(!result.errorOutput.contains("EncodingError"))
        }
        expect(try site.baigo("run", Site.model, "x", "--grammar", "none.gbnf"), endsWith: .notFound)
        let template = try site.baigo("run", Site.model, "x", "--chat-template", "./empty.txt", "--json")
        expect(template, endsWith: .engine, identifier: "engine.template")
        #expect(template.output.isEmpty)
    }

    @Test func negativeNumbersAreTypedAsTheyAre() throws {
        let site = try Site()
        let arguments = ["run", Site.model, "Once", "--raw", "--temperature", "0", "--max-tokens", "4"]
        let plain = try site.baigo(arguments)
        expect(plain, endsWith: .done)
        let off = try site.baigo(
            arguments + [
                "--repeat-last-n", "-1", "--dry-last-n", "-1", "--top-n-sigma", "-1", "--adaptive-target", "-1",
            ])
        expect(off, endsWith: .done)
        #expect(off.text == plain.text)
        expect(
            try site.baigo(arguments + ["--presence-penalty", "-0.5", "--frequency-penalty", "-0.5"]), endsWith: .done)
    }

    @Test func jsonTellsProbabilities() throws {
        let site = try Site()
        let result = try site.baigo(
            "run", Site.model, "Once", "--raw", "--max-tokens", "3", "--logprobs", "2", "--temperature", "0", "--json")
        expect(result, endsWith: .done)
        guard case .array(let tokens) = try result.json["logprobs"] else {
            Issue.record("\(result)")
            return
        }
        #expect(tokens.count == 3)
        for token in tokens {
            guard case .array(let top) = token["top"] else {
                Issue.record("\(token)")
                continue
            }
            #expect(top.count == 2)
            #expect(top[0]["id"] == token["id"])
            #expect(top[0]["logprob"] == token["logprob"])
        }
        let plain = try site.baigo(
            "run", Site.model, "Once", "--raw", "--max-tokens", "3", "--temperature", "0", "--json")
        #expect(try plain.json["logprobs"] == nil)
        #expect(try plain.json["text"] == result.json["text"])
    }

    @Test func stopsAtATextThatIsGiven() throws {
        let site = try Site()
        let whole = try site.baigo("run", Site.model, "What is an air gap?", "--temperature", "0", "--json")
        let text = try #require(try whole.json["text"]?.string)
        let stop = String(text.dropFirst(4).prefix(5))
        let cut = try site.baigo(
            "run", Site.model, "What is an air gap?", "--temperature", "0", "--stop", "~~~", "--stop", stop, "--json")
        #expect(try cut.json["text"]?.string == String(text[..<(try #require(text.range(of: stop)).lowerBound)]))
        #expect(try cut.json["finishReason"] == "stop")
    }

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: completion), "needs llama-completion"),
        arguments: [
            "Once upon a time", "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n",
        ])
    func writesWhatLlamaCompletionWrites(_ prompt: String) throws {
        let site = try Site()
        let own = try site.baigo(
            "run", Site.model, prompt, "--raw", "--temperature", "0", "--max-tokens", "48", "--threads", "1", "--json")
        try compare(own, prompt, [], site)
    }

    /// Samplers that change even what temperature 0 takes.
    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: completion), "needs llama-completion"),
        arguments: [
            (["--typical-p", "0.2"], ["--typical", "0.2"]), (["--typical-p", "0.01"], ["--typical", "0.01"]),
            (["--xtc-probability", "1", "--xtc-threshold", "0.01"], nil), (["--repeat-penalty", "1.8"], nil),
            (["--top-n-sigma", "0.5"], ["--top-nsigma", "0.5"]), (["--min-p", "0.9"], nil),
            (["--dynamic-temperature-range", "3"], ["--dynatemp-range", "3"]), (["--samplers", "top_k"], nil),
        ] as [([String], [String]?)])
    func samplersAtTemperature0AreThoseOfLlamaCompletion(_ own: [String], _ theirs: [String]?) throws {
        let site = try Site()
        let prompt = "Once upon a time"
        let result = try site.baigo(
            [
                "run", Site.model, prompt, "--raw", "--temperature", "0", "--max-tokens", "48", "--threads", "1",
                "--seed", "7", "--json",
            ] + own)
        try compare(result, prompt, ["-s", "7"] + (theirs ?? own), site)
    }

    private func compare(_ own: ProgramResult, _ prompt: String, _ options: [String], _ site: Site) throws {
        expect(own, endsWith: .done)
        let text = try #require(try own.json["text"]?.string).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(!text.isEmpty)
        // Its standard output may lack a piece, most often the end, more often on a busy machine: one run must agree.
        var others: [String] = []
        for _ in 1...8 {
            let other = try site.run(
                Self.completion,
                [
                    "-m", Site.model, "-p", prompt, "--temp", "0", "-n", "48", "-t", "1", "-no-cnv",
                    "--no-display-prompt", "--simple-io", "--no-escape",
                ] + options)
            expect(other, endsWith: .done)
            let expected = other.text.replacingOccurrences(of: "[end of text]", with: "")
                .trimmingCharacters(in: .whitespacesAndNewlines)
            if expected.count >= text.count / 2, text.hasPrefix(expected) { return }
            others.append(expected)
        }
        Issue.record("\(text)\n\(others)")
    }
}
