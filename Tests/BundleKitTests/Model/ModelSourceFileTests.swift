// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

/// Options without any wish, at a fixed time.
var plainOptions: ModelSourceOptions {
    ModelSourceOptions(createdAt: Timestamp(secondsSinceEpoch: 1_795_298_400), createdBy: "baigo test")
}

/// Shards of the small text model: one tensor each.
func shardFiles(_ count: Int, of builder: GGUFBuilder = .textModel) -> [(name: String, bytes: [UInt8])] {
    (0..<count).map { index in
        var shard = builder
        shard.tensors = [GGUFTestTensor("t\(index)", [8])]
        if index > 0 { shard.metadata = [] }
        shard = shard.setting("split.no", .uint16(UInt16(index))).setting("split.count", .uint16(UInt16(count)))
            .setting("split.tensors.count", .int32(Int32(count)))
        return (ShardName("m-00001-of-0000\(count).gguf")?.name(of: index + 1) ?? "", shard.file)
    }
}

struct ModelSourceFileTests {
    @Test func describesASingleFile() throws {
        try withModelFolder { path, folder in
            let bytes = GGUFBuilder.textModel.setting("general.organization", .string("Ex Ample")).file
            try folder.publish(bytes, as: "x.gguf")
            let source = try ModelSource.inspect(path.appending("x.gguf"), options: plainOptions)
            #expect(
                source.files == [
                    PlannedFile(
                        path: "model/x.gguf", role: .weights, source: path.appending("x.gguf"), size: Int64(bytes.count)
                    )
                ])
            #expect(source.draft.name.description == "ex-ample/tiny-llama")
            #expect(source.draft.version == nil)
            #expect(
                source.draft.members == [
                    "architecture": "llama", "contextLength": 512, "createdAt": "2026-11-21T22:00:00Z",
                    "createdBy": "baigo test", "displayName": "Tiny Llama",
                    "engine": ["id": "llama-cpp", "minimumVersion": "0.5.0"], "format": "gguf", "kind": "model",
                    "license": ["id": "Apache-2.0"], "parameters": 96, "publisher": "Ex Ample", "quantization": "F32",
                    "tags": ["test"],
                ])
            #expect(source.warnings.isEmpty)
            #expect(source.header?.kind == .text)
            #expect(source.plan.files == source.files)
            #expect(source.plan.manifest == source.draft)
            let manifest = try source.draft.manifest(of: [
                ManifestFile(
                    path: "model/x.gguf", role: .weights, sha256: try SHA256Digest(of: bytes), size: Int64(bytes.count))
            ])
            #expect(try Manifest(reading: manifest.bytes) == manifest)
        }
    }

    @Test func keepsTheMetadataButForLongValues() throws {
        try withModelFolder { path, folder in
            let long = String(repeating: "x", count: 65_537)
            let model = GGUFBuilder.textModel.setting("u", .uint64(.max)).setting("nan", .float32(.nan))
                .setting("f", .float32(1e-5)).setting("long", .string(long))
            try folder.publish(model.file, as: "x.gguf")
            let source = try ModelSource.inspect(path.appending("x.gguf"), options: plainOptions)
            let json = try JSONValue(strict: try #require(source.metadata))
            let gguf = json["gguf"]?["model/x.gguf"]
            #expect(json["schemaVersion"] == 1)
            #expect(gguf?["general.name"] == "Tiny Llama")
            #expect(gguf?["llama.context_length"] == 512)
            #expect(gguf?["general.tags"] == ["test"])
            #expect(gguf?["tokenizer.ggml.tokens"] == ["omitted": "array", "of": "string", "count": 100])
            #expect(gguf?["u"] == "18446744073709551615")
            #expect(gguf?["nan"] == "nan")
            #expect(gguf?["f"] == .decimal("1e-05"))
            #expect(gguf?["long"] == ["omitted": "string", "bytes": 65_537])
            #expect(json["config"] == nil)
            #expect(
                try ModelSource.inspect(path.appending("x.gguf"), options: plainOptions).metadata == source.metadata)
        }
    }

    @Test func boundsTheMetadata() throws {
        try withModelFolder { path, folder in
            var model = GGUFBuilder.textModel
            for index in 0..<20 { model.metadata.append(("x\(index)", .string(String(repeating: "y", count: 60_000)))) }
            try folder.publish(model.file, as: "x.gguf")
            let metadata = try ModelSource.inspect(path.appending("x.gguf"), options: plainOptions).metadata
            let json = try JSONValue(strict: try #require(metadata))
            #expect(json["gguf"]?["model/x.gguf"]?["general.name"] == "Tiny Llama")
            #expect(json["gguf"]?["model/x.gguf"]?["x0"] == nil)
        }
    }

    @Test func optionsComeBeforeWhatTheFileSays() throws {
        try withModelFolder { path, folder in
            try folder.publish(GGUFBuilder.textModel.file, as: "x.gguf")
            try folder.publish([0x4D], as: "TERMS.txt")
            try folder.publish([1, 2], as: "extra.bin")
            var options = plainOptions
            options.name = try PackageName(validating: "me/mine")
            options.version = try PackageVersion(validating: "1.0")
            options.publisher = "Me"
            options.repository = "me/mine"
            options.revision = "abc"
            options.sourceURL = "https://example.org/"
            options.licenseID = "mit"
            options.licenseFile = path.appending("TERMS.txt")
            options.includes = [try SourceInclusion(parsing: path.appending("extra.bin").string + ":other")]
            let source = try ModelSource.inspect(path.appending("x.gguf"), options: options)
            let members = source.draft.members
            #expect(source.draft.name.description == "me/mine")
            #expect(source.draft.version?.description == "1.0")
            #expect(members["publisher"] == "Me")
            #expect(members["repository"] == "me/mine")
            #expect(members["revision"] == "abc")
            #expect(members["sourceURL"] == "https://example.org/")
            #expect(members["license"] == ["id": "MIT", "file": "model/TERMS.txt"])
            #expect(source.files.map(\.path) == ["model/TERMS.txt", "model/extra.bin", "model/x.gguf"])
            #expect(source.files.map(\.role) == [.license, .other, .weights])
        }
    }

    @Test(arguments: ["", "a\nb", "a\u{1B}[2J", String(repeating: "x", count: 1025)])
    func refusesTextsThatNoManifestShouldHold(_ text: String) throws {
        try withModelFolder { path, folder in
            try folder.publish(GGUFBuilder.textModel.file, as: "x.gguf")
            var options = plainOptions
            options.publisher = text
            let error = #expect(throws: BundleError.self) {
                try ModelSource.inspect(path.appending("x.gguf"), options: options)
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains("--publisher") == true)
        }
    }

    @Test(arguments: [1, 2, 3])
    func anyShardBringsAllItsSiblings(_ number: Int) throws {
        try withModelFolder { path, folder in
            for shard in shardFiles(3) { try folder.publish(shard.bytes, as: shard.name) }
            let source = try ModelSource.inspect(path.appending("m-0000\(number)-of-00003.gguf"), options: plainOptions)
            #expect(source.files.map(\.path) == (1...3).map { "model/m-0000\($0)-of-00003.gguf" })
            #expect(source.files.allSatisfy { $0.role == .weights })
            #expect(source.draft.members["parameters"] == 24)
            #expect(source.draft.members["architecture"] == "llama")
        }
    }

    @Test func namesTheShardsThatAreMissing() throws {
        try withModelFolder { path, folder in
            let shards = shardFiles(4)
            for shard in [shards[0], shards[2]] { try folder.publish(shard.bytes, as: shard.name) }
            let error = #expect(throws: BundleError.self) {
                try ModelSource.inspect(path.appending(shards[0].name), options: plainOptions)
            }
            #expect(error?.code == .missingShard)
            #expect(
                error?.message
                    == "2 of 4 shards are missing: m-00002-of-00004.gguf, m-00004-of-00004.gguf")
        }
    }

    @Test func refusesShardsThatDoNotBelongTogether() throws {
        try withModelFolder { path, folder in
            let first = path.appending("m-00001-of-00002.gguf")
            func refusal(_ second: [UInt8]) throws -> BundleError? {
                try folder.publish(second, as: "m-00002-of-00002.gguf")
                return #expect(throws: BundleError.self) { try ModelSource.inspect(first, options: plainOptions) }
            }
            let shards = shardFiles(2)
            try folder.publish(shards[0].bytes, as: shards[0].name)
            #expect(try refusal(shards[0].bytes)?.identifier == ModelHeaderRule.shards.identifier)
            #expect(try refusal(shardFiles(3)[1].bytes)?.identifier == ModelHeaderRule.shards.identifier)
            #expect(try refusal(GGUFBuilder.textModel.file)?.identifier == ModelHeaderRule.shards.identifier)
            var other = GGUFBuilder([
                ("general.architecture", .string("qwen2")), ("split.no", .uint16(1)), ("split.count", .uint16(2)),
            ])
            other.tensors = [GGUFTestTensor("t1", [8])]
            #expect(try refusal(other.file)?.message.contains("qwen2") == true)
            other.metadata.removeFirst()
            other.tensors.append(GGUFTestTensor("t2", [8]))
            #expect(try refusal(other.file)?.message.contains("3 tensors together instead of 2") == true)
        }
    }

    @Test func refusesAShardUnderAnotherName() throws {
        try withModelFolder { path, folder in
            try folder.publish(shardFiles(2)[0].bytes, as: "renamed.gguf")
            let error = #expect(throws: BundleError.self) {
                try ModelSource.inspect(path.appending("renamed.gguf"), options: plainOptions)
            }
            #expect(error?.code == .missingShard)
        }
    }

    @Test(arguments: [
        ("general.type", "mmproj", "projector"), ("general.type", "imatrix", "not a model"),
        ("general.architecture", "clip", "--projector"),
    ])
    func refusesAFileThatIsNoModel(_ key: String, _ value: String, _ words: String) throws {
        try withModelFolder { path, folder in
            try folder.publish(GGUFBuilder.textModel.setting(key, .string(value)).file, as: "x.gguf")
            let error = #expect(throws: BundleError.self) {
                try ModelSource.inspect(path.appending("x.gguf"), options: plainOptions)
            }
            #expect(error?.code == .noWeights)
            let said = "\(error?.message ?? "") \(error?.hint ?? "")"
            #expect(said.contains(words))
        }
    }

    @Test func refusesAVocabularyAlone() throws {
        try withModelFolder { path, folder in
            var builder = GGUFBuilder.textModel
            builder.tensors = []
            try folder.publish(builder.file, as: "x.gguf")
            let error = #expect(throws: BundleError.self) {
                try ModelSource.inspect(path.appending("x.gguf"), options: plainOptions)
            }
            #expect(error?.code == .noWeights)
        }
    }

    @Test func takesAnAdapterAlone() throws {
        try withModelFolder { path, folder in
            try folder.publish(GGUFBuilder.textModel.setting("general.type", .string("adapter")).file, as: "x.gguf")
            let source = try ModelSource.inspect(path.appending("x.gguf"), options: plainOptions)
            #expect(source.files.map(\.role) == [.adapter])
            #expect(source.draft.members["architecture"] == "llama")
        }
    }

    @Test func takesProjectorAndAdapterThatAreNamed() throws {
        try withModelFolder { path, folder in
            let model = GGUFBuilder.textModel
            try folder.publish(model.file, as: "x.gguf")
            try folder.publish(model.setting("general.type", .string("mmproj")).file, as: "eyes.gguf")
            let adapter = model.setting("general.type", .string("adapter"))
            try folder.publish(adapter.setting("general.architecture", .string("bert")).file, as: "lora.gguf")
            var options = plainOptions
            options.projector = .file(path.appending("eyes.gguf"))
            options.adapters = [path.appending("lora.gguf")]
            let source = try ModelSource.inspect(path.appending("x.gguf"), options: options)
            #expect(source.files.map(\.role) == [.projector, .adapter, .weights])
            #expect(source.draft.members["parameters"] == 96)
            #expect(source.warnings.map(\.identifier) == ["source.adapter-mismatch"])
            options.projector = .automatic
            options.includes = [SourceInclusion(path: path.appending("eyes.gguf"), role: .projector)]
            let included = try ModelSource.inspect(path.appending("x.gguf"), options: options)
            #expect(included.files.map(\.role) == [.projector, .adapter, .weights])
            #expect(included.metadata == source.metadata)
            options.includes = [SourceInclusion(path: path.appending("x.gguf"), role: .adapter)]
            #expect(throws: BundleError.self) {
                try ModelSource.inspect(path.appending("x.gguf"), options: options)
            }
            options.includes = []
            options.projector = .file(path.appending("lora.gguf"))
            let error = #expect(throws: BundleError.self) {
                try ModelSource.inspect(path.appending("x.gguf"), options: options)
            }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test func warnsOfATailAndOfAMissingLicence() throws {
        try withModelFolder { path, folder in
            try folder.publish(GGUFBuilder.textModel.setting("general.license", nil).file + [7], as: "x.gguf")
            let source = try ModelSource.inspect(path.appending("x.gguf"), options: plainOptions)
            #expect(source.warnings.map(\.identifier) == ["source.trailing-bytes", "source.no-license"])
        }
    }

    @Test func refusesWeightsWithoutAnArchitecture() throws {
        try withModelFolder { path, folder in
            try folder.publish(GGUFBuilder.textModel.setting("general.architecture", nil).file, as: "x.gguf")
            let error = #expect(throws: BundleError.self) {
                try ModelSource.inspect(path.appending("x.gguf"), options: plainOptions)
            }
            #expect(error?.identifier == ModelHeaderRule.architecture.identifier)
            #expect(error?.message.contains("general.architecture") == true)
        }
    }

    @Test func tellsWhatIsThere() throws {
        try withModelFolder { path, folder in
            try folder.publish(Array("PK\u{3}\u{4}0000".utf8), as: "x.zip")
            #expect(throws: FileError.self) { try ModelSource.inspect(path.appending("no"), options: plainOptions) }
            let error = #expect(throws: BundleError.self) {
                try ModelSource.inspect(path.appending("x.zip"), options: plainOptions)
            }
            #expect(error?.code == .notAModel)
        }
    }

    @Test func readsInclusions() throws {
        #expect(try SourceInclusion(parsing: "a/b.txt") == SourceInclusion(path: "a/b.txt", role: nil))
        #expect(try SourceInclusion(parsing: "a/b.txt:card") == SourceInclusion(path: "a/b.txt", role: .card))
        for text in ["a:weights", "a:manifest", "a:"] {
            let error = #expect(throws: BundleError.self) { try SourceInclusion(parsing: text) }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test func refusesTwoFilesOfOneName() throws {
        try withModelFolder { path, folder in
            try folder.publish(GGUFBuilder.textModel.file, as: "x.gguf")
            let other = try folder.folder(making: "other")
            try other.publish([1], as: "X.GGUF")
            var options = plainOptions
            options.includes = [SourceInclusion(path: path.appending("other/X.GGUF"), role: .other)]
            let error = #expect(throws: BundleError.self) {
                try ModelSource.inspect(path.appending("x.gguf"), options: options)
            }
            #expect(error?.code == .invalidRequest)
            options.includes = [SourceInclusion(path: path.appending("other"), role: .other)]
            #expect(throws: FileError.self) { try ModelSource.inspect(path.appending("x.gguf"), options: options) }
        }
    }
}
