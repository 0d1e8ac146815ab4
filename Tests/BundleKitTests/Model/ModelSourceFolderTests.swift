// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import SystemPackage
import TestSupport
import Testing

struct ModelSourceFolderTests {
    private func inspect(
        _ files: [(String, [UInt8])], options: ModelSourceOptions = plainOptions
    ) throws -> ModelSource {
        try withModelFolder { path, folder in
            try put(files, in: folder)
            return try ModelSource.inspect(path, options: options)
        }
    }

    private func put(_ files: [(String, [UInt8])], in folder: Folder) throws {
        for (name, bytes) in files {
            var place = folder
            let parts = name.split(separator: "/").map(String.init)
            for part in parts.dropLast() { place = try place.folder(making: part) }
            try place.publish(bytes, as: parts[parts.count - 1])
        }
    }

    private func refusal(_ files: [(String, [UInt8])], options: ModelSourceOptions = plainOptions) -> BundleError? {
        #expect(throws: BundleError.self) { try inspect(files, options: options) }
    }

    private var model: [UInt8] { GGUFBuilder.textModel.file }
    private var projector: [UInt8] { GGUFBuilder.textModel.setting("general.type", .string("mmproj")).file }
    private var adapter: [UInt8] { GGUFBuilder.textModel.setting("general.type", .string("adapter")).file }
    /// A safetensors file with nothing in it.
    private var noTensors: [UInt8] { [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8) }
    private var vocabulary: [UInt8] {
        var builder = GGUFBuilder.textModel
        builder.tensors = []
        return builder.file
    }

    @Test func findsWhatBelongsToAModel() throws {
        let source = try inspect([
            ("model.gguf", model), ("mmproj-model-f16.gguf", projector), ("lora.gguf", adapter),
            ("tokenizer.json", [0x7B]), ("Tokenizer_Config.json", [0x7B]), ("merges.txt", [0x61]),
            ("config.json", Array("{}".utf8)), ("generation_config.json", [0x7B]), ("my_params.json", [0x7B]),
            ("README.md", Array("# Model".utf8)), ("LICENSE.txt", [0x4C]), ("NOTICE", [0x4E]),
            ("1_Pooling/config.json", [0x7B]), ("notes.txt", [0x6E]), ("vocab-only.gguf", vocabulary),
            (".gitattributes", [0x67]), (".git/config", [0x67]), (".cache/x.gguf", [0x67]),
        ])
        #expect(
            source.files.map { "\($0.path) \($0.role.rawValue)" } == [
                "model/1_Pooling/config.json config", "model/LICENSE.txt license", "model/NOTICE license",
                "model/README.md card", "model/Tokenizer_Config.json tokenizer", "model/config.json config",
                "model/generation_config.json config", "model/lora.gguf adapter", "model/merges.txt tokenizer",
                "model/mmproj-model-f16.gguf projector", "model/model.gguf weights", "model/my_params.json config",
                "model/tokenizer.json tokenizer",
            ])
        #expect(source.draft.members["license"] == ["file": "model/LICENSE.txt", "id": "Apache-2.0"])
        #expect(source.draft.members["parameters"] == 96)
        #expect(
            source.warnings == [
                Warning(
                    identifier: "source.left-out",
                    message: "left out: notes.txt, vocab-only.gguf; --include FILE takes one along")
            ])
    }

    @Test func listsSeveralModelsAndAsksForOne() {
        let error = refusal([("q4.gguf", model), ("sub/q8.gguf", model), ("mmproj.gguf", projector)])
        #expect(error?.code == .invalidRequest)
        #expect(error?.exitStatus == .usage)
        #expect(error?.message == "the folder holds 2 models: q4.gguf, sub/q8.gguf")
    }

    @Test func takesShardsInAFolderOfTheirOwn() throws {
        let source = try inspect(shardFiles(3).map { ("Q8_0/" + $0.name, $0.bytes) } + [("README.md", [0x23])])
        #expect(
            source.files.map(\.path) == ["model/Q8_0/m-00001-of-00003.gguf", "model/Q8_0/m-00002-of-00003.gguf"]
                + ["model/Q8_0/m-00003-of-00003.gguf", "model/README.md"])
    }

    @Test func namesMissingShardsOfAFolder() {
        #expect(refusal(shardFiles(3).dropFirst().map { ($0.name, $0.bytes) })?.code == .missingShard)
        let parts = refusal([("model-00001-of-00002.safetensors", [1]), ("config.json", Array("{}".utf8))])
        #expect(parts?.code == .missingShard)
        #expect(parts?.message.contains("model-00002-of-00002.safetensors") == true)
    }

    @Test func asksWhichOfSeveralProjectors() throws {
        let files = [("m.gguf", model), ("mmproj-F16.gguf", projector), ("mmproj-F32.gguf", projector)]
        #expect(refusal(files)?.message == "the folder holds 2 projectors: mmproj-F16.gguf, mmproj-F32.gguf")
        var options = plainOptions
        options.projector = .none
        let without = try inspect(files, options: options)
        #expect(without.files.map(\.role) == [.weights])
        try withModelFolder { path, folder in
            try put(files, in: folder)
            options.projector = .file(path.appending("mmproj-F32.gguf"))
            let with = try ModelSource.inspect(path, options: options)
            #expect(with.files.map(\.path) == ["model/m.gguf", "model/mmproj-F32.gguf"])
            #expect(with.warnings.map(\.message).first?.contains("mmproj-F16.gguf;") == true)
        }
    }

    @Test func refusesAFolderWithoutWeights() {
        for files in [[], [("README.md", [0x23])], [("v.gguf", vocabulary)], [("mmproj.gguf", projector)]] {
            #expect(refusal(files)?.code == .noWeights)
        }
    }

    @Test func refusesAFolderWithADamagedModel() {
        let error = refusal([("a.gguf", model), ("b.gguf", Array("GGUF nonsense".utf8))])
        #expect(error?.message.contains("/b.gguf") == true)
    }

    @Test func takesOneAdapterAloneAndNoTwo() throws {
        #expect(try inspect([("a.gguf", adapter)]).files.map(\.role) == [.adapter])
        #expect(refusal([("a.gguf", adapter), ("b.gguf", adapter)])?.code == .invalidRequest)
        let other = try inspect([("adapter_model.safetensors", noTensors), ("adapter_config.json", Array("{}".utf8))])
        #expect(other.draft.members["format"] == "safetensors")
        #expect(other.files.map(\.role) == [.config, .adapter])
    }

    @Test func carriesOtherFormatsWithWhatTheirConfigurationSays() throws {
        let config = #"{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"max_position_embeddings":32768}"#
        let card = "---\nlicense: apache-2.0\nbase_model: Qwen/Qwen2.5-7B # big\nlanguage:\n- en\n---\n# Qwen\n"
        let source = try inspect([
            ("model-00001-of-00002.safetensors", noTensors), ("model-00002-of-00002.safetensors", noTensors),
            ("model.safetensors.index.json", [0x7B]), ("config.json", Array(config.utf8)),
            ("README.md", Array(card.utf8)), ("pytorch_model.bin", [3]), ("onnx/model.onnx", [4]),
        ])
        let members = source.draft.members
        #expect(members["format"] == "safetensors")
        #expect(members["engine"] == nil)
        #expect(members["architecture"] == "qwen2")
        #expect(members["contextLength"] == 32768)
        #expect(members["license"] == ["id": "Apache-2.0"])
        #expect(source.files.filter { $0.role == .weights }.count == 2)
        #expect(source.warnings.map(\.message).first?.contains("onnx/model.onnx, pytorch_model.bin;") == true)
        let metadata = try JSONValue(strict: try #require(source.metadata))
        #expect(metadata["config"]?["max_position_embeddings"] == 32768)
        #expect(metadata["card"] == ["license": "apache-2.0", "base_model": "Qwen/Qwen2.5-7B", "language": ["en"]])
    }

    @Test(arguments: ["{", "[1]", "{}{}", "{},{}", "{\"a\":NaN}", "{\"a\":1,\"a\":2}", "\"\u{FF}"])
    func carriesAConfigurationItCannotRead(_ text: String) throws {
        let source = try inspect([("m.gguf", model), ("config.json", Array(text.utf8))])
        #expect(source.files.map(\.path) == ["model/config.json", "model/m.gguf"])
        #expect(source.warnings.map(\.identifier) == ["source.configuration"])
    }

    @Test func readsTheCacheOfTheHub() throws {
        try withModelFolder { path, folder in
            try put(
                [("models--Ex--Tiny-GGUF/blobs/abc", model), ("models--Ex--Tiny-GGUF/blobs/def", [0x4D])], in: folder)
            let cache = try folder.folder("models--Ex--Tiny-GGUF")
            let snapshot = try cache.folder(making: "snapshots").folder(making: "0f3d")
            #expect(symlinkat("../../blobs/abc", snapshot.raw, "tiny.gguf") == 0)
            #expect(symlinkat("../../blobs/def", snapshot.raw, "LICENSE") == 0)
            #expect(symlinkat("../../blobs/gone", snapshot.raw, "gone.txt") == 0)
            #expect(symlinkat("..", snapshot.raw, "loop") == 0)
            let place = path.appending("models--Ex--Tiny-GGUF/snapshots/0f3d")
            let source = try ModelSource.inspect(place, options: plainOptions)
            #expect(source.files.map(\.path) == ["model/LICENSE", "model/tiny.gguf"])
            #expect(source.files.map(\.size) == [1, Int64(model.count)])
            #expect(source.draft.members["repository"] == "Ex/Tiny-GGUF")
            #expect(source.draft.members["revision"] == "0f3d")
            #expect(source.warnings.map(\.message).first?.contains("gone.txt, loop;") == true)
        }
    }

    @Test func saysWhichWeightsWereNotFetched() throws {
        try withModelFolder { path, folder in
            #expect(symlinkat("../../blobs/gone", folder.raw, "model.gguf") == 0)
            let error = #expect(throws: BundleError.self) { try ModelSource.inspect(path, options: plainOptions) }
            #expect(error?.code == .noWeights)
            #expect(error?.message.contains("model.gguf is no file") == true)
        }
    }

    @Test func takesAnAdapterOfTheFolderThatIsNamedOnce() throws {
        try withModelFolder { path, folder in
            try put([("m.gguf", model), ("lora.gguf", adapter + [1])], in: folder)
            var options = plainOptions
            options.adapters = [path.appending("lora.gguf")]
            let source = try ModelSource.inspect(path, options: options)
            #expect(source.files.map(\.path) == ["model/lora.gguf", "model/m.gguf"])
            #expect(source.warnings.map(\.identifier) == ["source.trailing-bytes"])
        }
    }

    @Test func passesOverFIFOs() throws {
        try withModelFolder { path, folder in
            try put([("m.gguf", model)], in: folder)
            #expect(mkfifoat(folder.raw, "tokenizer.json", 0o600) == 0)
            let source = try ModelSource.inspect(path, options: plainOptions)
            #expect(source.files.map(\.path) == ["model/m.gguf"])
        }
    }

    @Test func refusesNamesNoPackageCanHold() {
        #expect(refusal([("m.gguf", model), ("LICENSE: mine", [1])])?.code == .unsafeEntryName)
        #expect(refusal([("m.gguf", model), ("LICENSE", [1]), ("license", [2])])?.code == .invalidRequest)
    }

    @Test func includesFilesOfTheFolderUnderTheirPlace() throws {
        try withModelFolder { path, folder in
            try put([("m.gguf", model), ("docs/use.md", [1]), ("TERMS", [2])], in: folder)
            var options = plainOptions
            options.includes = [SourceInclusion(path: path.appending("docs/use.md"), role: nil)]
            options.licenseFile = path.appending("./TERMS")
            let source = try ModelSource.inspect(path, options: options)
            #expect(source.files.map(\.path) == ["model/TERMS", "model/docs/use.md", "model/m.gguf"])
            #expect(source.draft.members["license"]?["file"] == "model/TERMS")
            #expect(source.warnings.isEmpty)
        }
    }

    @Test func callsAModelWithoutNameByItsFile() throws {
        let nameless = GGUFBuilder.textModel.setting("general.name", nil)
        #expect(try inspect([("My-Model.Q4_K_M.gguf", nameless.file)]).draft.name.description == "my-model.q4_k_m")
        try withModelFolder { path, folder in
            try put([("Some Model/model.safetensors", noTensors)], in: folder)
            let source = try ModelSource.inspect(path.appending("Some Model"), options: plainOptions)
            #expect(source.draft.name.description == "some-model")
        }
    }

    @Test func boundsTheNumberOfFiles() throws {
        try withModelFolder { path, folder in
            for index in 0...4096 { _ = try folder.file(creating: "f\(index)") }
            let error = #expect(throws: BundleError.self) { try ModelSource.inspect(path, options: plainOptions) }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test func ordersTheSameFolderTheSameWay() throws {
        let files = [("b.txt", [UInt8(1)]), ("m.gguf", model), ("LICENSE", [2]), ("config.json", Array("{}".utf8))]
        let first = try inspect(files)
        let second = try inspect(files.reversed())
        #expect(first.files.map(\.path) == second.files.map(\.path))
        #expect(first.metadata == second.metadata)
        #expect(first.draft.members == second.draft.members)
    }
}
