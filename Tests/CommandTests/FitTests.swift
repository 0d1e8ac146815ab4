// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Whether a model fits, and where it goes, with the built worker.
struct FitTests {
    private func run(_ site: Site, _ options: String...) throws -> ProgramResult {
        try site.baigo(
            ["run", Site.model, "Hello", "--max-tokens", "2", "--temperature", "0", "--threads", "1", "--json"]
                + options)
    }

    private func error(_ result: ProgramResult) throws -> JSONValue? {
        let line = result.errorOutput.split(separator: "\n").last.map { Array($0.utf8) } ?? []
        return try JSONValue(strict: line)["error"]
    }

    /// Mebibytes that a refusal says are needed.
    private func needed(_ site: Site, context: Int) throws -> Double {
        let refusal = try run(site, "--memory", "4K", "--context", "\(context)")
        expect(refusal, endsWith: .engine, identifier: "engine.does-not-fit")
        let message = try #require(error(refusal)?["message"]?.string)
        for word in ["weights", "context", "computing", "4 KiB can be had"] { #expect(message.contains(word)) }
        let words = message.split(separator: " ")
        let place = try #require(words.firstIndex(of: "needs"))
        #expect(words[place + 2] == "MiB", "\(message)")
        return try #require(Double(words[place + 1]))
    }

    @Test func aModelThatDoesNotFitIsRefusedWithTheLargestContext() throws {
        let site = try Site()
        let (small, large) = (try needed(site, context: 256), try needed(site, context: 8192))
        #expect(small < large)
        let budget = "\(Int((small + large) / 2 * 1024))K"
        let refusal = try run(site, "--memory", budget, "--context", "8192")
        expect(refusal, endsWith: .engine, identifier: "engine.does-not-fit")
        let hint = try #require(error(refusal)?["hint"]?.string)
        let number = hint.split { !$0.isNumber }.first.flatMap { Int($0) }
        let largest = try #require(number, "\(hint)")
        #expect((256..<8192).contains(largest))
        expect(try run(site, "--memory", budget, "--context", "\(largest)"), endsWith: .done)
        expect(try run(site, "--memory", budget, "--context", "\(largest + 256)"), endsWith: .engine)
        let none = try run(site, "--memory", "4K", "--context", "256")
        #expect(try error(none)?["hint"]?.string?.contains("No context would fit") == true)
        expect(try run(site, "--memory", "none", "--context", "256"), endsWith: .done)
    }

    @Test func aBatchComputesFewerTogetherWhereSoManyDoNotFit() throws {
        let site = try Site()
        try site.write(Data("{\"prompt\": \"Hello\", \"maxTokens\": 2}\n".utf8), to: "in.jsonl")
        let budget = "\(Int(try needed(site, context: 4096) * 1.5 * 1024))K"
        let arguments = ["run", Site.model, "--batch", "in.jsonl", "--context", "4096", "--memory", budget, "--json"]
        expect(try site.baigo(arguments), endsWith: .done)
        expect(try site.baigo(arguments + ["--parallel", "64"]), endsWith: .engine, identifier: "engine.does-not-fit")
    }

    @Test(arguments: [
        ["--device", "none", "--gpu-layers", "all"], ["--device", "none", "--gpu-layers", "3"],
        ["--device", "NoSuchCard7"], ["--device", "none", "--main-gpu", "200"],
    ])
    func devicesThatAreNotThereAreUsageErrors(options: [String]) throws {
        let result = try Site().baigo(["run", Site.model, "Hello", "--json"] + options)
        expect(result, endsWith: .usage, identifier: "engine.invalid-request")
    }

    @Test(arguments: [
        ["--gpu-layers", "-1"], ["--gpu-layers", "x"], ["--device", ""], ["--device", "A,A"], ["--split-mode", "x"],
        ["--main-gpu", "-1"], ["--flash-attention", "x"], ["--cache-type", "q2_k"], ["--numa", "x"], ["--memory", "0"],
        ["--memory", "1X"], ["--memory", "99999999999999T"], ["--threads", "0"],
    ])
    func valuesThatMeanNothingAreUsageErrors(options: [String]) throws {
        expect(try Site().baigo(["run", Site.model, "Hello"] + options), endsWith: .usage)
    }

    @Test func optionsReachTheEngineAndLeaveGreedyAnswersAsTheyAre() throws {
        let site = try Site()
        let plain = try run(site).json["text"]
        for options in [
            ["--device", "none"], ["--gpu-layers", "0"], ["--gpu-layers", "auto"], ["--flash-attention", "on"],
            ["--flash-attention", "off"], ["--no-mmap"], ["--mmap"], ["--mlock"], ["--mlock", "--no-mmap"],
            ["--cache-type", "f32"], ["--numa", "distribute"], ["--split-mode", "layer"],
        ] {
            let result = try site.baigo(
                ["run", Site.model, "Hello", "--max-tokens", "2", "--temperature", "0", "--threads", "1", "--json"]
                    + options)
            expect(result, endsWith: .done)
            #expect(try result.json["text"] == plain, "\(options)")
        }
    }

    @Test func aSmallerKindOfCacheNeedsLess() throws {
        let site = try Site()
        func context(_ type: String) throws -> String? {
            let refusal = try run(site, "--memory", "4K", "--context", "8192", "--cache-type", type)
            return try error(refusal)?["message"]?.string?.split(separator: ",").first { $0.contains("context") }
                .map(String.init)
        }
        #expect(try context("f16") != context("f32"))
    }
}
