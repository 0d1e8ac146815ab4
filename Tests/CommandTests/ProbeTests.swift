// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Models that the engine loads once before they are committed.
struct ProbeTests {
    private func site(requiring: Bool = false) throws -> Site {
        let site = try Site()
        guard requiring else { return site }
        expect(try site.baigo("trust", "policy", "set", "probe.required", "true"), endsWith: .done)
        return site
    }

    private func package(_ site: Site, _ name: String, _ file: [UInt8]) throws -> String {
        try site.write(Data(file), to: "\(name).gguf")
        expect(try site.baigo("export", "\(name).gguf", "-o", "\(name).baimodel", "--name", name), endsWith: .done)
        return "\(name).baimodel"
    }

    private func isEmpty(_ site: Site) throws -> Bool {
        try site.shell("find home/staging home/blobs home/models -type f 2>/dev/null | wc -l").text == "0\n"
    }

    private func probe(_ site: Site, _ name: String) throws -> JSONValue? {
        try site.baigo("show", name, "--json").json["receipt"]?["policy"]?["probes"]?.array?.first
    }

    private func refusal(_ site: Site) throws -> JSONValue? {
        let line = try site.baigo("audit", "show", "--operation", "import", "--json").text.split(separator: "\n").last
        return try JSONValue(strict: Array((line ?? "").utf8))
    }

    @Test func aGoodModelGivesATokenBeforeItIsCommitted() throws {
        let site = try site()
        expect(try site.baigo("export", Site.model, "-o", "chat.baimodel", "--name", "chat"), endsWith: .done)
        expect(try site.baigo("import", "chat.baimodel", "--yes", "--probe"), endsWith: .done)
        let evidence = try probe(site, "chat")
        #expect(evidence?["passed"] == true)
        #expect(evidence?["made"] == "token")
        #expect(evidence?["error"] == .null)
        #expect(evidence?["weights"] == ["model/tiny-chat.gguf"])
        #expect(evidence?["engine"]?["loadedVersion"]?.string?.isEmpty == false)
        #expect(try site.shell("ls home/staging").text == "")
        expect(try site.baigo("run", "chat", "hi", "--max-tokens", "1"), endsWith: .done)
        expect(try site.baigo("import", "chat.baimodel", "--yes", "--probe"), endsWith: .done)
    }

    @Test func modelsForVectorsAndScoresMakeTheirs() throws {
        let site = try site(requiring: true)
        for (name, pooling, made) in [("vectors", 1 as UInt32, "vector"), ("scores", 4, "score")] {
            let file = try package(site, name, TinyBERT.file(pooling: pooling))
            expect(try site.baigo("import", file, "--yes"), endsWith: .done)
            #expect(try probe(site, name)?["made"]?.string == made)
        }
    }

    @Test func anAdapterAloneIsNotProbedAndThatIsSaid() throws {
        let site = try site()
        let bytes = GGUFBuilder(
            [("general.architecture", .string("llama")), ("general.type", .string("adapter"))],
            tensors: [GGUFTestTensor("blk.0.attn_q.weight.lora_a", [32, 2], values: { Float($0) })]
        ).file
        let file = try package(site, "adapter", bytes)
        let result = try site.baigo("import", file, "--yes", "--probe")
        expect(result, endsWith: .done)
        #expect(result.errorOutput.contains("probe: not-applicable: no weights in GGUF"))
        #expect(try probe(site, "adapter") == nil)
    }

    @Test func aModelThatTheEngineRefusesStaysOut() throws {
        let site = try site()
        let file = try package(site, "odd", GGUFBuilder.textModel.file)
        let result = try site.baigo("import", file, "--yes", "--probe", "--json")
        expect(result, endsWith: .policy, identifier: "policy.probe")
        #expect(try isEmpty(site))
        let line = try refusal(site)
        #expect(line?["result"] == "refused")
        let evidence = line?["details"]?["evidence"]?.array?.first
        #expect(evidence?["passed"] == false)
        #expect(evidence?["error"]?["identifier"]?.string?.hasPrefix("engine.") == true)
        expect(try site.baigo("import", file, "--yes"), endsWith: .done)
    }

    @Test func thePolicyAsksForItWithoutTheOption() throws {
        let site = try site(requiring: true)
        let odd = try package(site, "odd", GGUFBuilder.textModel.file)
        expect(try site.baigo("import", odd, "--yes", "--json"), endsWith: .policy, identifier: "policy.probe")
        let inspection = try site.baigo("inspect", odd, "--json")
        let rule = try inspection.json["policy"]?["rules"]?.array?.first { $0["rule"] == "probe" }
        #expect(rule?["verdict"] == "pending")
        expect(try site.baigo("export", Site.model, "-o", "chat.baimodel", "--name", "chat"), endsWith: .done)
        let ingest = try site.baigo("ingest", "chat.baimodel", odd, "--quarantine", "aside", "--json")
        expect(ingest, endsWith: .partlyDone)
        #expect(try ingest.json["counts"]?["refused"] == 1)
        #expect(try site.shell("ls aside").text.contains("odd"))
        #expect(try site.baigo("list", "--json").json["models"]?.array?.count == 1)
        expect(try site.baigo("ingest", "chat.baimodel", odd, "--all-or-nothing"), endsWith: .partlyDone)
    }

    @Test func aModelThatBringsTheWorkerDownStaysOut() throws {
        let site = try site()
        expect(try site.baigo("export", Site.model, "-o", "chat.baimodel", "--name", "chat"), endsWith: .done)
        let start = "hello(); receive(); send(description); receive(); "
        for (body, identifier) in [
            ("os.kill(os.getpid(), signal.SIGSEGV)", "engine.crashed"),
            ("os._exit(73)", "engine.crashed.stack-overflow"),
            ("send(loaded); receive(); os.abort()", "engine.crashed.abort"), ("send_bytes(b'?')", "engine.protocol"),
        ] {
            let worker = try FakeWorker(start + body)
            site.environment["BAIGO_ENGINE"] = worker.folder.path + "/worker"
            let result = try site.baigo("import", "chat.baimodel", "--yes", "--probe", "--json")
            expect(result, endsWith: .policy, identifier: "policy.probe")
            let evidence = try refusal(site)?["details"]?["evidence"]?.array?.first
            #expect(evidence?["error"]?["identifier"]?.string == identifier)
            #expect(try isEmpty(site))
        }
    }

    @Test func withoutAnEngineNothingIsDecided() throws {
        let site = try site(requiring: true)
        expect(try site.baigo("export", Site.model, "-o", "chat.baimodel", "--name", "chat"), endsWith: .done)
        site.environment["BAIGO_ENGINE"] = "/nowhere/baigo-engine"
        let result = try site.baigo("import", "chat.baimodel", "--yes", "--json")
        expect(result, endsWith: .environment, identifier: "policy.probe-unavailable")
        #expect(try site.shell("find home/models -type f 2>/dev/null | wc -l").text == "0\n")
        site.environment["BAIGO_ENGINE"] = nil
        expect(try site.baigo("import", "chat.baimodel", "--yes"), endsWith: .done)
    }
}
