// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Adapters and shards at work, by the built worker.
struct AdapterTests {
    private static let question = "What is an air gap?"

    /// A LoRA adapter for the chat model of this repository: random numbers for one tensor.
    private func adapter() throws -> [UInt8] {
        let tensor = "blk.0.attn_q.weight"
        let width = try width()
        let rank: Int64 = 2
        let values = { (index: Int) in Float((index * 7919) % 101 - 50) / 60 }
        return GGUFBuilder(
            [
                ("general.architecture", .string("llama")), ("general.type", .string("adapter")),
                ("general.name", .string("test")), ("adapter.type", .string("lora")),
                ("adapter.lora.alpha", .float32(8)),
            ],
            tensors: [
                GGUFTestTensor("\(tensor).lora_a", [width, rank], values: values),
                GGUFTestTensor("\(tensor).lora_b", [rank, width], values: values),
            ]
        ).file
    }

    /// The width of the model, from its own header.
    private func width() throws -> Int64 {
        let file = try Data(contentsOf: URL(fileURLWithPath: Site.model))
        let key = try #require(file.range(of: Data("llama.embedding_length".utf8))).upperBound
        return file[(key + 4)..<(key + 8)].enumerated().reduce(Int64(0)) { $0 | Int64($1.element) << (8 * $1.offset) }
    }

    private func answer(_ site: Site, _ model: String, _ arguments: String...) throws -> String? {
        let result = try site.run(
            Site.baigo.path,
            ["run", model, Self.question, "--temperature", "0", "--max-tokens", "24", "--json"] + arguments)
        expect(result, endsWith: .done)
        return try result.json["text"]?.string
    }

    @Test func anAdapterChangesTheAnswerByItsScale() throws {
        let site = try Site()
        try site.write(Data(adapter()), to: "tone.gguf")
        let plain = try answer(site, Site.model)
        let changed = try answer(site, Site.model, "--adapter", "./tone.gguf=4")
        #expect(changed != plain)
        #expect(try answer(site, Site.model, "--adapter", "tone.gguf=0") == plain)
        #expect(
            try answer(site, Site.model, "--adapter", "tone.gguf=2", "--adapter", "tone.gguf=2") == changed,
            "two of half the strength are one")
        let wrong = try site.baigo("run", Site.model, "hi", "--adapter", Site.model, "--json")
        expect(wrong, endsWith: .engine, identifier: "engine.load-failed")
        expect(
            try site.baigo("run", Site.model, "hi", "--adapter", "none.gguf", "--json"), endsWith: .notFound,
            identifier: "file.not-found")
        expect(try site.baigo("run", Site.model, "hi", "--adapter", "none"), endsWith: .usage)
        expect(try site.baigo("run", Site.model, "hi", "--adapter", "tone.gguf=1e9"), endsWith: .usage)
    }

    @Test func anAdapterOfThePackageIsMeantByName() throws {
        let site = try Site()
        try site.write(Data(adapter()), to: "tone.gguf")
        expect(
            try site.baigo("export", Site.model, "-o", "m.baimodel", "--name", "toned", "--adapter", "tone.gguf"),
            endsWith: .done)
        expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
        expect(try site.tool("rm", "tone.gguf"), endsWith: .done)
        let plain = try answer(site, "toned")
        let changed = try answer(site, "toned", "--adapter", "tone=4")
        #expect(changed != plain)
        #expect(try answer(site, "toned", "--adapter", "tone.gguf=4") == changed)
        let unknown = try site.baigo("run", "toned", "hi", "--adapter", "other")
        expect(unknown, endsWith: .usage)
        #expect(unknown.errorOutput.contains("tone"))
    }

    @Test func shardsThatDoNotBelongTogetherReachNoEngine() throws {
        let site = try Site()
        site.environment["BAIGO_ENGINE"] = "/nowhere/baigo-engine"
        func shard(_ number: UInt16, of count: UInt16 = 2, architecture: String = "llama", as place: Int) throws {
            let file = GGUFBuilder(
                [
                    ("general.architecture", .string(architecture)), ("split.no", .uint16(number)),
                    ("split.count", .uint16(count)), ("split.tensors.count", .int32(2)),
                ], tensors: [GGUFTestTensor("t\(place)", [8])])
            try site.write(Data(file.file), to: "m-0000\(place)-of-00002.gguf")
        }
        func run(_ name: String) throws -> ProgramResult { try site.baigo("run", name, "hi", "--json") }
        try shard(0, as: 1)
        for (number, count, architecture) in [(0, 2, "llama"), (1, 3, "llama"), (1, 2, "bert")]
            as [(UInt16, UInt16, String)]
        {
            try shard(number, of: count, architecture: architecture, as: 2)
            expect(
                try run("m-00001-of-00002.gguf"), endsWith: .invalidContent, identifier: "model.header.shards")
        }
        try shard(1, as: 2)
        expect(try run("m-00002-of-00002.gguf"), endsWith: .engine, identifier: "engine.not-found")
        expect(try site.tool("mv", "m-00001-of-00002.gguf", "renamed.gguf"), endsWith: .done)
        expect(try run("renamed.gguf"), endsWith: .invalidContent, identifier: "model.missing-shard")
        expect(try run("m-00002-of-00002.gguf"), endsWith: .invalidContent, identifier: "model.missing-shard")
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(
                atPath: Site.checkout.appendingPathComponent(".build/engine/bin/llama-gguf-split").path),
            "needs llama-gguf-split"))
    func shardsGiveWhatTheWholeGives() throws {
        let site = try Site()
        let split = Site.checkout.appendingPathComponent(".build/engine/bin/llama-gguf-split").path
        expect(try site.run(split, ["--split", "--split-max-tensors", "8", Site.model, "part"]), endsWith: .done)
        let shards = try site.shell("ls part-*.gguf").text.split(separator: "\n").map(String.init)
        #expect(shards.count > 1)
        let whole = try answer(site, Site.model)
        #expect(try answer(site, shards[0]) == whole)
        expect(try site.baigo("export", ".", "-o", "m.baimodel", "--name", "sharded"), endsWith: .done)
        expect(try site.baigo("import", "m.baimodel", "--yes"), endsWith: .done)
        #expect(try answer(site, "sharded") == whole)
        expect(try site.tool("rm", shards[1]), endsWith: .done)
        expect(
            try site.baigo("run", shards[0], "hi", "--json"), endsWith: .invalidContent,
            identifier: "model.missing-shard")
    }
}
