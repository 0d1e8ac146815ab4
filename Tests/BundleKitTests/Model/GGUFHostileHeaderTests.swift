// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import SystemPackage
import TestSupport
import Testing

struct GGUFHostileHeaderTests {
    /// A file that must be refused, and words of the reason.
    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let reason: String
        let identifier: String

        init(_ what: String, _ builder: GGUFBuilder, _ rule: ModelHeaderRule, _ reason: String) {
            self.init(what, bytes: builder.file, rule.identifier, reason)
        }

        init(_ what: String, bytes: [UInt8], _ identifier: String, _ reason: String) {
            testDescription = what
            self.bytes = bytes
            self.identifier = identifier
            self.reason = reason
        }
    }

    private static func changing(_ change: (inout GGUFBuilder) -> Void) -> GGUFBuilder {
        var builder = GGUFBuilder.textModel
        change(&builder)
        return builder
    }

    private static func tensor(_ change: (inout GGUFTestTensor) -> Void) -> GGUFBuilder {
        changing { change(&$0.tensors[1]) }
    }

    private static func value(_ value: GGUFTestValue) -> GGUFBuilder { GGUFBuilder.textModel.setting("x", value) }

    private static func length(_ bytes: UInt64) -> [UInt8] {
        var out = GGUFBytes()
        out.add(bytes)
        return out.bytes
    }

    static let start: [Hostile] = [
        Hostile("no byte", bytes: [], BundleError.Code.notAModel.rawValue, "not a GGUF file"),
        Hostile("half a magic", bytes: Array("GGU".utf8), BundleError.Code.notAModel.rawValue, "not a GGUF file"),
        Hostile("magic alone", bytes: Array("GGUF".utf8), BundleError.Code.notAModel.rawValue, "not a GGUF file"),
        Hostile(
            "other magic", bytes: changing { $0.magic = Array("GGML".utf8) }.file, BundleError.Code.notAModel.rawValue,
            "not a GGUF"),
        Hostile(
            "version 1", bytes: changing { $0.version = 1 }.file, UnsupportedRule.ggufVersion.identifier, "version 1"),
        Hostile(
            "version 4", bytes: changing { $0.version = 4 }.file, UnsupportedRule.ggufVersion.identifier, "version 4"),
        Hostile(
            "big endian", bytes: changing { $0.version = 3 << 24 }.file, UnsupportedRule.byteOrder.identifier,
            "big-endian"),
        Hostile(
            "tensor count", changing { $0.tensorCount = 65537 }, .count,
            "above the limit of 65536 (tensor count, byte 8)"),
        Hostile("negative tensor count", changing { $0.tensorCount = .max }, .count, "tensor count, byte 8"),
        Hostile("key count", changing { $0.keyCount = 8193 }, .count, "above the limit of 8192 (key count, byte 16)"),
        Hostile("one key too many", changing { $0.keyCount = 9 }, .stringLength, "damaged"),
        Hostile("one tensor too many", changing { $0.tensorCount = 3 }, .tensorName, "tensor 3"),
    ]

    static let metadata: [Hostile] = [
        Hostile("empty key", changing { $0.metadata[2].key = "" }, .key, "empty or not printable ASCII (key 3"),
        Hostile("key with NUL", changing { $0.metadata[2].key = "a\0b" }, .key, "printable ASCII (key 3"),
        Hostile("key not ASCII", changing { $0.metadata[2].key = "é" }, .key, "printable ASCII"),
        Hostile(
            "long key", changing { $0.metadata[2].key = String(repeating: "k", count: 513) }, .stringLength,
            "a string of 513 bytes, above the limit of 512 (key 3"),
        Hostile(
            "same key twice", changing { $0.metadata[2].key = "general.architecture" }, .duplicateKey, "appears twice"),
        Hostile(
            "value type 13", value(GGUFTestValue(type: 13, bytes: [])), .valueType, "value type 13 does not exist (x"),
        Hostile("value type -1", value(GGUFTestValue(type: .max, bytes: [])), .valueType, "does not exist"),
        Hostile("boolean of 2", value(GGUFTestValue(type: 7, bytes: [2])), .boolean, "a boolean of 2 (x"),
        Hostile(
            "string longer than the file", value(GGUFTestValue(type: 8, bytes: length(4096))), .truncated,
            "ends early (x"),
        Hostile(
            "string above the limit", value(GGUFTestValue(type: 8, bytes: length(1 << 30))), .stringLength,
            "above the limit"),
        Hostile(
            "string of 2^64-1", value(GGUFTestValue(type: 8, bytes: length(.max))), .stringLength, "above the limit"),
        Hostile("array of arrays", value(.array(of: 9, [.strings([])])), .nestedArray, "an array of arrays (x"),
        Hostile("array of an unknown type", value(.array(of: 99, [])), .valueType, "value type 99 does not exist"),
        Hostile("array beyond the file", value(.array(of: 5, announcing: 1 << 20, [])), .truncated, "ends early (x"),
        Hostile(
            "array beyond any header", value(.array(of: 10, announcing: 1 << 60, [])), .arrayLength,
            "more than a header holds"),
        Hostile(
            "array whose size overflows", value(.array(of: 10, announcing: .max, [])), .arrayLength,
            "more than a header holds"),
        Hostile("strings beyond the file", value(.array(of: 8, announcing: 1 << 20, [])), .stringLength, "(x"),
        Hostile(
            "strings beyond the limit", value(.array(of: 8, announcing: .max, [])), .arrayLength,
            "strings; 4194304 is the limit"),
        Hostile(
            "long string in an array", value(.array(of: 8, announcing: 65, [.uint64(.max)])), .stringLength,
            "above the limit of"),
        Hostile("short array cut", value(.array(of: 8, announcing: 60, [])), .stringLength, "(x"),
        Hostile(
            "alignment 0", GGUFBuilder.textModel.setting("general.alignment", .uint32(0)), .alignment,
            "general.alignment"),
        Hostile(
            "alignment 4", GGUFBuilder.textModel.setting("general.alignment", .uint32(4)), .alignment,
            "power of two from 8"),
        Hostile(
            "alignment 48", GGUFBuilder.textModel.setting("general.alignment", .uint32(48)), .alignment, "power of two"),
        Hostile(
            "alignment 2^31", GGUFBuilder.textModel.setting("general.alignment", .uint32(1 << 31)), .tensorOffset,
            "(tensor output"),
        Hostile(
            "alignment of 64 bits", GGUFBuilder.textModel.setting("general.alignment", .uint64(32)), .alignment,
            "not a uint32"),
        Hostile(
            "alignment as text", GGUFBuilder.textModel.setting("general.alignment", .string("32")), .alignment,
            "not a uint32"),
    ]

    static let tensors: [Hostile] = [
        Hostile("empty name", tensor { $0.name = [] }, .tensorName, "empty or not text (name of tensor 2"),
        Hostile("name with NUL", tensor { $0.name = [0x61, 0] }, .tensorName, "empty or not text"),
        Hostile("name not UTF-8", tensor { $0.name = [0xFF] }, .tensorName, "empty or not text"),
        Hostile(
            "long name", tensor { $0.name = Array(repeating: 0x61, count: 65) }, .stringLength, "above the limit of 64"),
        Hostile(
            "same name twice", tensor { $0.name = Array("token_embd.weight".utf8) }, .duplicateTensor, "appears twice"),
        Hostile(
            "five dimensions", tensor { $0.shape = [2, 2, 2, 2, 2] }, .dimensions,
            "5 dimensions; 4 is the limit (tensor out"),
        Hostile("2^32-1 dimensions", tensor { $0.dimensions = .max }, .dimensions, "4 is the limit"),
        Hostile("negative dimension", tensor { $0.shape = [-8, 4] }, .dimensions, "negative dimension"),
        Hostile(
            "product overflows", tensor { $0.shape = [1 << 32, 1 << 32] }, .dimensionOverflow, "product is too large"),
        Hostile(
            "product overflows over 0", tensor { $0.shape = [1 << 62, 0, 1 << 62] }, .dimensionOverflow,
            "product is too large"),
        Hostile("size overflows", tensor { $0.shape = [.max] }, .tensorSize, "does not fit in the file"),
        Hostile("type 43", tensor { $0.type = 43 }, .tensorType, "tensor type 43 does not exist (tensor output.weight"),
        Hostile("type -1", tensor { $0.type = .max }, .tensorType, "does not exist"),
        Hostile("type Q4_2", tensor { $0.type = 4 }, .tensorType, "tensor type 4 was removed from llama.cpp"),
        Hostile("type Q4_0_8_8", tensor { $0.type = 33 }, .tensorType, "was removed"),
        Hostile("half a block", tensor { $0.type = 2 }, .blockSize, "rows of 8 elements are no whole blocks of Q4_0"),
        Hostile("place not aligned", tensor { $0.offset = 257 }, .tensorOffset, "data at 257 instead of 256"),
        Hostile("place with a gap", tensor { $0.offset = 512 }, .tensorOffset, "data at 512 instead of 256"),
        Hostile("place over another", tensor { $0.offset = 0 }, .tensorOffset, "data at 0 instead of 256"),
        Hostile("place of 2^64-1", tensor { $0.offset = .max }, .tensorOffset, "instead of 256"),
        Hostile(
            "more data than the file has", tensor { $0.shape = [1 << 40] }, .tensorSize, "does not fit in the file"),
        Hostile(
            "data cut by a byte", bytes: Array(GGUFBuilder.textModel.file.dropLast()),
            ModelHeaderRule.missingData.identifier, "tensor data is missing"),
        Hostile(
            "no data", bytes: GGUFBuilder.textModel.header, ModelHeaderRule.missingData.identifier,
            "tensor data is missing"),
    ]

    @Test(arguments: start + metadata + tensors)
    func refuses(_ hostile: Hostile) throws {
        let file = try namelessFile(hostile.bytes)
        let error = #expect(throws: BundleError.self) { try GGUFHeader(reading: file) }
        #expect(error?.identifier == hostile.identifier)
        #expect(error?.exitStatus == .invalidContent)
        #expect(error?.message.contains(hostile.reason) == true, "\(error?.message ?? "no error")")
        #expect(error?.message.contains("model.gguf") == true)
        #expect(error?.hint != nil)
    }

    @Test func refusesEveryCutOfAHeader() throws {
        let header = GGUFBuilder.textModel.header
        for count in 0..<header.count {
            let file = try namelessFile(Array(header.prefix(count)))
            let error = #expect(throws: BundleError.self) { try GGUFHeader(reading: file) }
            #expect(error?.code == (count < 8 ? .notAModel : .modelHeader), "cut at \(count)")
        }
    }

    @Test func survivesEveryChangeOfASingleByte() throws {
        let whole = GGUFBuilder.textModel.file
        let headerCount = GGUFBuilder.textModel.header.count
        var taken = 0
        for position in 0..<headerCount {
            for flip: UInt8 in [0x01, 0x80, 0xFF, whole[position], ~whole[position] &- 1] {
                var changed = whole
                changed[position] ^= flip
                let file = try namelessFile(changed)
                do {
                    let header = try GGUFHeader(reading: file)
                    #expect(header.parameters <= Int64(whole.count) / 4)
                    taken += 1
                } catch let error as BundleError {
                    #expect([.modelHeader, .notAModel, .unsupported].contains(error.code))
                }
            }
        }
        #expect(taken > 0)
    }

    @Test func boundsTheWorkOnAHugeFileOfZeros() throws {
        var builder = GGUFBuilder.textModel
        builder.metadata = [("x", .array(of: 8, announcing: 4 << 20, []))]
        let clock = ContinuousClock()
        let file = try namelessFile(builder.header, size: 1 << 40)
        let spent = clock.measure {
            #expect(throws: BundleError.self) { try GGUFHeader(reading: file) }
        }
        #expect(spent < .seconds(20))
    }

    @Test func refusesAHeaderThatNeverEnds() throws {
        var builder = GGUFBuilder.textModel
        builder.metadata = (0..<9).map { ("k\($0)", .array(of: 0, announcing: 1 << 25, [])) }
        var bytes = GGUFBytes()
        bytes.add(raw: builder.magic)
        bytes.add(builder.version)
        bytes.add(UInt64(1))
        bytes.add(UInt64(9))
        let file = try namelessFile(bytes.bytes, size: 1 << 40)
        var offset = Int64(bytes.bytes.count)
        for index in 0..<9 {
            var key = GGUFBytes()
            key.add(string: Array("k\(index)".utf8))
            key.add(UInt32(9))
            key.add(UInt32(0))
            key.add(UInt64(1 << 25))
            try file.writeAll(key.bytes, at: offset)
            offset += Int64(key.bytes.count) + 1 << 25
        }
        let error = #expect(throws: BundleError.self) { try GGUFHeader(reading: file) }
        #expect(error?.identifier == ModelHeaderRule.headerSize.identifier)
    }

    @Test(arguments: [(Int64.max, Int64(2)), (-1, 2), (2, 2), (0, 100_000), (0, .max)])
    func refusesAShardThatIsNone(_ index: Int64, _ count: Int64) throws {
        let builder = GGUFBuilder.textModel.setting("split.no", .int64(index)).setting("split.count", .int64(count))
        let error = try #require(throws: BundleError.self) { try GGUFHeader(reading: try namelessFile(builder.file)) }
        #expect(error.identifier == ModelHeaderRule.shards.identifier)
    }

    @Test func refusesWhatIsNoRegularFile() throws {
        let pipe = try OwnedDescriptor.open(reading: "/dev/null")
        let error = #expect(throws: FileError.self) { try GGUFHeader(reading: pipe) }
        #expect(error?.code == .wrongType)
    }
}
