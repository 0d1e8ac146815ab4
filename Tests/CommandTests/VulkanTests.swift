// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What the tests of Vulkan need, where it is here.
private enum LLVMPipe {
    static let engine = Site.checkout.appendingPathComponent(".build/engine-vulkan")
    private static let drivers = "/usr/share/vulkan/icd.d"

    /// The driver file of llvmpipe.
    static let driver: String? = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: drivers)) ?? []
        return names.first { $0.hasPrefix("lvp_icd") }.map { "\(drivers)/\($0)" }
    }()

    /// What is missing, and how to get it.
    static let obstacle: String? = {
        var missing: [String] = []
        if !FileManager.default.fileExists(atPath: engine.appendingPathComponent("bin/libggml-vulkan.so").path) {
            missing.append("an engine with the Vulkan backend (.build/engine-vulkan)")
        }
        if driver == nil { missing.append("llvmpipe (the package mesa-vulkan-drivers)") }
        return missing.isEmpty ? nil : "needs \(missing.joined(separator: " and ")); make vulkan gets both"
    }()
}

/// The Vulkan backend at work on llvmpipe, which computes on the processor: `make vulkan` makes the engine for it.
@Suite(.enabled(if: LLVMPipe.obstacle == nil, "\(LLVMPipe.obstacle ?? "")"), .serialized)
struct VulkanTests {
    private static let question = "What is a checksum?"

    /// A host with the built worker on the Vulkan engine; `named` lets ggml use a software renderer.
    private func site(named: Bool = true, gnupg: KeyRing? = nil) throws -> Site {
        let site = try Site(gnupg: gnupg)
        try FileManager.default.createSymbolicLink(
            atPath: site.path("engine"), withDestinationPath: LLVMPipe.engine.resolvingSymlinksInPath().path)
        try site.putWorker()
        allow(site, named: named)
        return site
    }

    private func allow(_ site: Site, named: Bool) {
        site.environment["VK_ICD_FILENAMES"] = LLVMPipe.driver
        site.environment["GGML_VK_VISIBLE_DEVICES"] = named ? "0" : nil
    }

    private func run(_ site: Site, _ options: [String]) throws -> ProgramResult {
        try site.baigo(
            ["run", Site.model, Self.question, "--temperature", "0", "--max-tokens", "32", "--json"] + options)
    }

    private func cards(_ doctor: JSONValue) -> [JSONValue] {
        doctor["engine"]?["devices"]?.array?.filter { $0["kind"] != "cpu" } ?? []
    }

    @Test func aSoftwareRendererIsUsedByNameAlone() throws {
        let doctor = try site().baigo("doctor", "--json")
        expect(doctor, endsWith: .done)
        let found = try cards(doctor.json)
        #expect(found.count == 1)
        #expect(found.first?["name"] == "Vulkan0")
        #expect(found.first?["hardware"]?.string?.contains("llvmpipe") == true, "\(found)")
        #expect((found.first?["totalBytes"]?.integer ?? 0) > 0)
        let plain = try site(named: false)
        #expect(try cards(plain.baigo("doctor", "--json").json).isEmpty)
        expect(
            try run(plain, ["--device", "Vulkan0"]), endsWith: .usage, identifier: "engine.invalid-request")
        expect(try run(plain, []), endsWith: .done)
    }

    @Test func theWorkerKeepsItsProtections() throws {
        func protections(_ site: Site) throws -> [JSONValue] {
            try site.baigo("doctor", "--json").json["engine"]?["protections"]?.array ?? []
        }
        #expect(try protections(site()) == protections(Site()))
    }

    @Test func answersAreThoseOfTheProcessorWhereverTheLayersAre() throws {
        let site = try site()
        let plain = try run(Site(), ["--threads", "1"])
        expect(plain, endsWith: .done)
        for options in [
            [], ["--gpu-layers", "all"], ["--gpu-layers", "2"], ["--gpu-layers", "0"], ["--device", "none"],
            ["--device", "Vulkan0", "--main-gpu", "0", "--split-mode", "none", "--memory-limit", "1GiB"],
        ] {
            let result = try run(site, options)
            expect(result, endsWith: .done)
            #expect(try result.json["text"] == plain.json["text"], "\(options)")
        }
    }

    @Test func writesWhatLlamaCompletionWritesOnTheSameDevice() throws {
        let site = try site()
        let prompt = "<|im_start|>user\n\(Self.question)<|im_end|>\n<|im_start|>assistant\n"
        let own = try site.baigo(
            "run", Site.model, prompt, "--raw", "--temperature", "0", "--max-tokens", "32", "--gpu-layers", "all",
            "--json")
        expect(own, endsWith: .done)
        let text = try #require(try own.json["text"]?.string).trimmingCharacters(in: .whitespacesAndNewlines)
        // It would write what Mesa translated into the person's home folder.
        site.environment["MESA_SHADER_CACHE_DISABLE"] = "true"
        // Its standard output may lack a piece, most often the end: one run must agree.
        var others: [String] = []
        for _ in 1...4 {
            let other = try site.run(
                LLVMPipe.engine.appendingPathComponent("bin/llama-completion").path,
                [
                    "-m", Site.model, "-p", prompt, "--temp", "0", "-n", "32", "-ngl", "99", "-dev", "Vulkan0",
                    "-no-cnv", "--no-display-prompt", "--simple-io", "--no-escape",
                ])
            expect(other, endsWith: .done)
            let expected = other.text.replacingOccurrences(of: "[end of text]", with: "")
                .trimmingCharacters(in: .whitespacesAndNewlines)
            if expected.count >= text.count / 2, text.hasPrefix(expected) { return }
            others.append(expected)
        }
        Issue.record("\(text)\n\(others)")
    }

    @Test func devicesThatAreNotThereAreNamed() throws {
        let site = try site()
        for options in [
            ["--device", "Vulkan1"], ["--device", "CUDA0"], ["--main-gpu", "1"],
            ["--device", "none", "--gpu-layers", "all"], ["--split-mode", "row"],
        ] {
            expect(try run(site, options), endsWith: .usage, identifier: "engine.invalid-request")
        }
        #expect(try run(site, ["--device", "CUDA0"]).errorOutput.contains("There are Vulkan0"))
    }

    @Test func whatTheDeviceHasNoRoomForIsRefusedBeforeItIsLoaded() throws {
        let site = try site()
        try site.write(Data(DeepModel.file), to: "deep.gguf")
        let refusal = try site.baigo(
            "run", "./deep.gguf", "Hello", "--raw", "--context", "1500000", "--memory", "none", "--gpu-layers", "all",
            "--json")
        expect(refusal, endsWith: .engine, identifier: "engine.does-not-fit")
        #expect(refusal.errorOutput.contains("of the memory of Vulkan0"))
        #expect(refusal.errorOutput.contains("The largest context that fits"))
    }

    @Test func measuresOnTheDevice() throws {
        let result = try site().baigo(
            "bench", Site.model, "--prompt", "32", "--generate", "8", "--repetitions", "1", "--gpu-layers", "all",
            "--json")
        expect(result, endsWith: .done)
        #expect(try result.json["generation"]?["tokens"] == 8)
    }

    @Test func aPackIsProvedOnTheDeviceOrNotUsed() throws {
        let ring = try KeyRing()
        let key = try ring.makeKey("e <e@example.test>")
        let source = try site(gnupg: ring)
        let exported = try source.baigo("engine", "export", "-o", "vulkan.baiengine", "--key", key, "--json")
        expect(exported, endsWith: .done)
        #expect(try exported.json["manifest"]?["accelerator"] == "vulkan")
        try source.write(Data(try ring.publicKey(key)), to: "key.asc")
        let listing = try source.shell("tar tzf vulkan.baiengine").text
        #expect(listing.contains("libs/libggml-vulkan.so\n"))
        #expect(!listing.contains("libvulkan.so"))

        let closed = try Site()
        allow(closed, named: false)
        expect(
            try closed.shell("cp '\(source.path("vulkan.baiengine"))' '\(source.path("key.asc"))' ."), endsWith: .done)
        expect(
            try closed.baigo("trust", "add", "key.asc", "--fingerprint", key, "--for", "engines"), endsWith: .done)
        expect(
            try closed.baigo("engine", "import", "vulkan.baiengine", "--yes", "--no-activate", "--json"),
            endsWith: .done)
        try refusesSoftware(closed)

        allow(closed, named: true)
        #expect(try engines(closed)?.first?["fits"] == true)
        expect(try closed.baigo("engine", "activate", "baigo-llama-cpp"), endsWith: .done)
        let doctor = try closed.baigo("doctor", "--json").json
        #expect(doctor["engine"]?["path"]?.string?.hasPrefix(closed.home) == true)
        let backend = doctor["engine"]?["backends"]?.array?.first { $0["name"] == "vulkan" }
        #expect(backend?["verdict"] == "works", "\(doctor["engine"]?["backends"] ?? .null)")
        #expect(cards(doctor).count == 1)
        let answer = try run(closed, ["--gpu-layers", "all", "--device", "Vulkan0"])
        expect(answer, endsWith: .done)
        #expect(try answer.json["text"] == run(Site(), ["--threads", "1"]).json["text"])
    }

    private func engines(_ site: Site) throws -> [JSONValue]? {
        try site.baigo("engine", "devices", "--json").json["engines"]?.array
    }

    /// Without the word of a person, a host with nothing but software renderers has no Vulkan.
    private func refusesSoftware(_ site: Site) throws {
        let engine = try #require(try engines(site)?.first)
        guard engine["fits"] == false else { return }
        #expect(engine["reasons"]?.array?.first?.string?.hasPrefix("built for Vulkan; ") == true)
        expect(
            try site.baigo("engine", "activate", "baigo-llama-cpp", "--json"), endsWith: .engine,
            identifier: "engine.proof-failed")
        #expect(try site.baigo("doctor", "--json").json["engine"]?["path"]?.string?.hasPrefix(site.home) == false)
    }
}
