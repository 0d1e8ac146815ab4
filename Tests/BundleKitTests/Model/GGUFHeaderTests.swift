// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import TestSupport
import Testing

struct GGUFHeaderTests {
    private func read(_ builder: GGUFBuilder) throws -> GGUFHeader {
        try GGUFHeader(reading: try namelessFile(builder.file))
    }

    @Test func tellsWhatATextModelIs() throws {
        let header = try read(.textModel)
        #expect(header.version == 3)
        #expect(header.kind == .text)
        #expect(header.architecture == "llama")
        #expect(header.name == "Tiny Llama")
        #expect(header.license == "apache-2.0")
        #expect(header.contextLength == 512)
        #expect(header.parameters == 96)
        #expect(header.quantization == "F32")
        #expect(header.split == nil)
        #expect(!header.hasChatTemplate)
        #expect(header.tensors.count == 2)
        #expect(header.trailingByteCount == 0)
        #expect(header.headerByteCount == Int64(GGUFBuilder.textModel.header.count))
        #expect(header.dataOffset % 32 == 0)
        #expect(header.keys.first == "general.architecture")
    }

    @Test func readsVersion2() throws {
        var builder = GGUFBuilder.textModel
        builder.version = 2
        #expect(try read(builder).version == 2)
    }

    @Test func keepsEveryTypeOfScalar() throws {
        let header = try read(
            GGUFBuilder([
                ("a", .uint8(255)), ("b", .int8(-1)), ("c", .uint16(65535)), ("d", .int16(-2)), ("e", .uint32(7)),
                ("f", .int32(-3)), ("g", .float32(1.5)), ("h", .bool(true)), ("i", .string("text")),
                ("j", .uint64(.max)), ("k", .int64(.min)), ("l", .float64(0.1)),
                ("m", .array(of: 5, [.int32(1), .int32(-1)])), ("n", .strings(["x", ""])), ("o", .strings([])),
            ]))
        #expect(
            header.metadata == [
                "a": .unsigned(255), "b": .signed(-1), "c": .unsigned(65535), "d": .signed(-2), "e": .unsigned(7),
                "f": .signed(-3), "g": .float32(1.5), "h": .bool(true), "i": .string("text"), "j": .unsigned(.max),
                "k": .signed(.min), "l": .float64(0.1), "m": .array([.signed(1), .signed(-1)]),
                "n": .array([.string("x"), .string("")]), "o": .array([]),
            ])
        #expect(header.kind == .vocabulary)
    }

    @Test func countsLongArraysAndStringsWithoutKeepingThem() throws {
        let header = try read(
            .textModel.setting("long", .string(String(repeating: "x", count: 1_048_577)))
                .setting("ids", .array(of: 5, (0..<65).map { .int32($0) }))
                .setting("names", .strings([String(repeating: "y", count: 4097)]))
                .setting("after", .bool(true)))
        #expect(header.metadata["tokenizer.ggml.tokens"] == .longArray(of: .string, count: 100))
        #expect(header.metadata["long"] == .longString(byteCount: 1_048_577))
        #expect(header.metadata["ids"] == .longArray(of: .int32, count: 65))
        #expect(header.metadata["names"] == .longArray(of: .string, count: 1))
        #expect(header.metadata["after"] == .bool(true))
    }

    @Test func passesAVocabularyThatIsLargerThanItsBuffer() throws {
        let tokens = (0..<70_000).map { "token number \($0)" }
        let header = try read(
            .textModel.setting("tokenizer.ggml.tokens", .strings(tokens)).setting("last", .uint32(1)))
        #expect(header.metadata["tokenizer.ggml.tokens"] == .longArray(of: .string, count: 70_000))
        #expect(header.metadata["last"] == .unsigned(1))
        #expect(header.parameters == 96)
    }

    @Test func alignsByTheFilesOwnAlignment() throws {
        var builder = GGUFBuilder.textModel.setting("general.alignment", .uint32(128))
        builder.alignment = 128
        let header = try read(builder)
        #expect(header.alignment == 128)
        #expect(header.dataOffset % 128 == 0)
    }

    @Test func allowsTheLastTensorWithoutItsPadding() throws {
        var builder = GGUFBuilder.textModel
        builder.tensors = [GGUFTestTensor("a", [3])]
        let whole = builder.file
        #expect(try GGUFHeader(reading: try namelessFile(Array(whole.dropLast(20)))).trailingByteCount == 0)
        #expect(throws: BundleError.self) { try GGUFHeader(reading: try namelessFile(Array(whole.dropLast(21)))) }
    }

    @Test func noticesBytesAfterTheLastTensor() throws {
        #expect(
            try GGUFHeader(reading: try namelessFile(GGUFBuilder.textModel.file + [1, 2, 3])).trailingByteCount == 3)
    }

    @Test(
        arguments: [
            (15, "Q4_K_M"), (7, "Q8_0"), (1, "F16"), (32, "BF16"), (15 + 1024, "Q4_K_M"), (4, "Q8_0"), (999, "Q8_0"),
        ] as [(UInt32, String)])
    func namesTheQuantization(_ fileType: UInt32, _ name: String) throws {
        var builder = GGUFBuilder.textModel.setting("general.file_type", .uint32(fileType))
        builder.tensors = [
            GGUFTestTensor("a", [32]), GGUFTestTensor("b", [32]),
            GGUFTestTensor("c", [64, 2], type: 8, byteCount: 136),
        ]
        #expect(try read(builder).quantization == name)
    }

    @Test func readsTheSplit() throws {
        let header = try read(
            .textModel.setting("split.no", .uint16(1)).setting("split.count", .uint16(3))
                .setting("split.tensors.count", .int32(9)))
        #expect(header.split == GGUFSplit(index: 1, count: 3, tensorCount: 9))
    }

    @Test func tellsKindsApart() throws {
        let model = GGUFBuilder.textModel
        let bert = model.setting("general.architecture", .string("bert"))
        let pooling = model.setting("llama.pooling_type", .uint32(3))
        var vocabulary = model
        vocabulary.tensors = []
        #expect(try read(bert).kind == .embedding)
        #expect(try read(pooling).kind == .embedding)
        #expect(try read(model.setting("llama.pooling_type", .uint32(0))).kind == .text)
        #expect(try read(model.setting("general.type", .string("adapter"))).kind == .adapter)
        #expect(try read(model.setting("general.type", .string("mmproj"))).kind == .projector)
        let clip = model.setting("general.type", nil).setting("general.architecture", .string("clip"))
        #expect(try read(clip).kind == .projector)
        #expect(try read(model.setting("general.type", .string("imatrix"))).kind == .auxiliary)
        #expect(try read(vocabulary).kind == .vocabulary)
        #expect(try read(model.setting("tokenizer.chat_template", .string("{{ x }}"))).hasChatTemplate)
    }

    @Test func keepsWhatIsNotUTF8Shown() throws {
        let header = try read(.textModel.setting("x", GGUFTestValue(type: 8, bytes: [1, 0, 0, 0, 0, 0, 0, 0, 0xFF])))
        #expect(header.metadata["x"] == .string("\u{FFFD}"))
    }
}
