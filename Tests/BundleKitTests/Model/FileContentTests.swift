// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import Glibc
import SystemPackage
import TestSupport
import Testing

struct FileContentTests {
    private static let pickle: [UInt8] = [0x80, 2, 0x7d, 0x71, 0, 0x2e]

    private static var torch: [UInt8] {
        var builder = ArchiveBuilder()
        builder.add("archive/data.pkl", pickle)
        builder.add("archive/data/0", [UInt8](repeating: 7, count: 100_000))
        return builder.build()
    }

    private static var torchScript: [UInt8] {
        var builder = ArchiveBuilder()
        builder.add("archive/data/0", [UInt8](repeating: 7, count: 100_000))
        builder.add("archive/data.pkl", pickle)
        builder.add("archive/constants.pkl", pickle)
        return builder.build()
    }

    private static var image: [UInt8] {
        var tar = TarBuilder()
        tar.add("blobs/sha256/") { $0.type = UInt8(ascii: "5") }
        tar.add("blobs/sha256/link") { $0.type = UInt8(ascii: "2") }
        tar.add("blobs/sha256/0", [UInt8](repeating: 7, count: 700))
        tar.add("manifest.json", Array("[]".utf8))
        return tar.bytes
    }

    private static let safe: [UInt8] = {
        let header = Array(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#.utf8)
        return [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header + [UInt8](repeating: 1, count: 8)
    }()

    private func inspect(
        _ files: [(String, [UInt8])], _ change: (inout ModelSourceOptions, FilePath) throws -> Void = { _, _ in }
    ) throws -> ModelSource {
        try withModelFolder { path, folder in
            for (name, bytes) in files { try folder.publish(bytes, as: name) }
            var options = plainOptions
            try change(&options, path)
            return try ModelSource.inspect(path, options: options)
        }
    }

    @Test(
        arguments: [
            (pickle, FileContent.pickle), (torch, .pickle), (torchScript, .torchScript), (image, .containerImage),
            ([0x80, 4, 0x95, 1, 0, 0, 0, 0, 0, 0, 0], .pickle), (Array("cos\nsystem\n(S'id'\ntR.".utf8), .pickle),
            (Array("ccopy_reg\n_reconstructor\np1\n(".utf8), .pickle), (Array("(ios\nsystem\no.".utf8), .pickle),
        ] as [([UInt8], FileContent)])
    func contentIsRecognised(_ bytes: [UInt8], _ content: FileContent) throws {
        #expect(try FileContent(of: try namelessFile(bytes)) == content)
    }

    @Test(arguments: [
        [], [0x80], [0x80, 9, 0x7d, 0], safe, ArchiveBuilder().build(), TarBuilder().bytes,
        Array("cat\ndog\nparrot\n".utf8), Array("class\ninit\n".utf8), Array("(c) by nobody\n".utf8),
    ])
    func otherContentIsNot(_ bytes: [UInt8]) throws {
        #expect(try FileContent(of: try namelessFile(bytes)) == nil)
    }

    @Test func picklesAreMarked() throws {
        let source = try inspect([("weights.bin", Self.torch), ("tokenizer.json", Array("{}".utf8))])
        #expect(source.draft.members["format"] == "pytorch")
        #expect(source.files.first { $0.path == "model/weights.bin" }?.role == .weights)
        #expect(source.warnings.contains { $0.identifier == "model.pickle" && $0.message.contains("weights.bin") })
        #expect(!source.warnings.contains { $0.identifier == "source.left-out" })
        let script = try inspect([("model.pt", Self.torchScript)])
        #expect(script.draft.members["format"] == "torchscript")
    }

    @Test func aPickleThatIsIncludedIsNamedToo() throws {
        let source = try inspect([("m.gguf", GGUFBuilder.textModel.file), ("extra.dat", Self.pickle)]) {
            $0.includes = [try SourceInclusion(parsing: $1.appending("extra.dat").string)]
        }
        #expect(source.warnings.contains { $0.identifier == "model.pickle" && $0.message.contains("extra.dat") })
    }

    @Test func safetensorsAreCountedAndChecked() throws {
        let source = try inspect([("model.safetensors", Self.safe)])
        #expect(source.draft.members["parameters"] == 2)
        #expect(source.draft.members["format"] == "safetensors")
        #expect(!source.warnings.contains { $0.identifier == "model.pickle" })
        for bytes in [Self.pickle, Self.safe + [0], Array(Self.safe.dropLast())] {
            let error = #expect(throws: BundleError.self) { try inspect([("model.safetensors", bytes)]) }
            #expect(error?.code == .modelHeader)
        }
    }

    @Test func anImageOfAContainerIsARuntime() throws {
        for role in ["", ":runtime"] {
            let source = try inspect([("m.gguf", GGUFBuilder.textModel.file), ("engine.tar", Self.image)]) {
                $0.includes = [try SourceInclusion(parsing: $1.appending("engine.tar").string + role)]
            }
            let file = source.files.first { $0.role == .runtime }
            #expect(file?.path == "runtime/engine.tar")
        }
    }
}
