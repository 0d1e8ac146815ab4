// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Models that compute NaN or nothing at all: no command takes that for an answer.
struct NumberlessModelTests {
    /// The chat model with its last weights replaced: 0x7E7E is NaN as a half, which is what their blocks are scaled by.
    private func site() throws -> Site {
        let site = try Site()
        var model = try Data(contentsOf: URL(fileURLWithPath: Site.model))
        model.replaceSubrange((model.count - 900_000)..., with: Data(repeating: 0x7E, count: 900_000))
        try site.write(model, to: "nan.gguf")
        return site
    }

    private func refused(_ result: ProgramResult, _ location: SourceLocation = #_sourceLocation) {
        expect(result, endsWith: .engine, identifier: "engine.compute-failed", location)
        #expect(result.output.isEmpty, sourceLocation: location)
    }

    @Test(arguments: [
        ["--temperature", "0"], ["--temperature", "1"], ["--logprobs", "3"], ["--logprobs", "0", "--temperature", "0"],
        ["--grammar", "root ::= [a-z]+"],
    ])
    func aRunFails(_ options: [String]) throws {
        refused(try site().baigo(["run", "nan.gguf", "Hello", "--max-tokens", "4", "--json"] + options))
    }

    @Test func everyRequestOfABatchFails() throws {
        let site = try site()
        try site.write(Data("{\"prompt\": \"Hello\"}\n{\"prompt\": \"Who are you?\"}\n".utf8), to: "in.jsonl")
        let result = try site.baigo("run", "nan.gguf", "--batch", "in.jsonl", "--max-tokens", "4")
        #expect(result.status != 0, "\(result)")
        let lines = try result.text.split(separator: "\n").map { try JSONValue(strict: Array($0.utf8)) }
        #expect(lines.map { $0["error"]?["identifier"] } == ["engine.compute-failed", "engine.compute-failed"])
    }

    @Test func aMeasurementFails() throws {
        refused(try site().baigo("bench", "nan.gguf", "--prompt", "8", "--generate", "2", "--json"))
    }

    @Test func theProbeRefuses() throws {
        let site = try site()
        try site.write(Data(TinyBERT.file(normWeight: 0)), to: "zero.gguf")
        for name in ["nan", "zero"] {
            expect(
                try site.baigo("export", "\(name).gguf", "-o", "m.baimodel", "--name", name, "--force"), endsWith: .done
            )
            let result = try site.baigo("import", "m.baimodel", "--yes", "--probe", "--json")
            expect(result, endsWith: .policy, identifier: "policy.probe")
            let line = try site.baigo("audit", "show", "--operation", "import", "--json").text.split(separator: "\n")
                .last
            let evidence = try JSONValue(strict: Array((line ?? "").utf8))["details"]?["evidence"]?.array?.first
            #expect(evidence?["error"]?["identifier"] == "engine.compute-failed")
        }
        #expect(try site.baigo("list", "--json").json["models"]?.array == [])
    }

    @Test func anAdapterOfNaNFails() throws {
        let site = try site()
        let tensor = "blk.0.attn_q.weight"
        let adapter = GGUFBuilder(
            [
                ("general.architecture", .string("llama")), ("general.type", .string("adapter")),
                ("adapter.type", .string("lora")), ("adapter.lora.alpha", .float32(8)),
            ],
            tensors: [
                GGUFTestTensor("\(tensor).lora_a", [192, 2]) { _ in .nan },
                GGUFTestTensor("\(tensor).lora_b", [2, 192]) { _ in .nan },
            ]
        ).file
        try site.write(Data(adapter), to: "tone.gguf")
        refused(try site.baigo("run", Site.model, "Hello", "--adapter", "tone.gguf", "--max-tokens", "4", "--json"))
    }

    @Test func aVectorWithoutALengthIsNone() throws {
        let site = try Site()
        try site.write(Data(TinyBERT.file(normWeight: 0)), to: "zero.gguf")
        refused(try site.baigo("embed", "zero.gguf", "the cat", "--json"))
    }
}
