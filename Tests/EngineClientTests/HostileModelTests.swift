// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import EngineClient
import EngineWire
import Foundation
import TestSupport
import Testing

struct HostileModelTests {
    private func withFile(_ contents: Data, _ body: (String) throws -> Void) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("baigo-\(UUID().uuidString).gguf")
        defer { try? FileManager.default.removeItem(at: file) }
        try contents.write(to: file)
        try body(file.path)
    }

    private func loadError(_ path: String) throws -> EngineError? {
        let session = try FixtureModel.session()
        return #expect(throws: EngineError.self) { _ = try session.load(LoadRequest(modelPaths: [path], threads: 1)) }
    }

    @Test func refusesWhatIsNoModel() throws {
        #expect(try loadError("/nonexistent.gguf")?.code == .modelMissing)
        #expect(try loadError("/nonexistent.gguf")?.exitStatus == .notFound)
        #expect(try loadError("/tmp")?.code == .loadFailed)
        try withFile(Data()) { path in
            let error = try loadError(path)
            #expect(error?.code == .loadFailed)
        }
        try withFile(Data("# A letter, not a model\n".utf8)) { path in
            let error = try loadError(path)
            #expect(error?.code == .loadFailed)
            #expect(error?.exitStatus == .engine)
        }
    }

    @Test(arguments: [100, 5_000, 100_000])
    func refusesATruncatedModel(_ size: Int) throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: FixtureModel.path))
        try withFile(whole.prefix(size)) { path in
            let error = try loadError(path)
            #expect(error?.exitStatus == .engine)
        }
    }

    /// Templates that replace the model's own, padded to its length.
    @Test(
        arguments: [
            ("{{ " + String(repeating: "(", count: 129) + "1", [EngineError.Code.template]),
            ("{% if %}", [.template]),
            ("{{ raise_exception('no') }}", [.template]),
            ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", [.stackOverflow]),
            ("{% set x = [] %}{% set _ = x.append(x) %}{{ x }}", [.stackOverflow]),
            ("{{ 'x' * 99999999999 }}", [.template]),
            ("{% for i in range(99999999) %}{% endfor %}", [.template]),
            ("{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}", [.hung]),
        ])
    func survivesAHostileTemplate(_ template: String, _ expected: [EngineError.Code]) throws {
        var model = try Data(contentsOf: URL(fileURLWithPath: FixtureModel.path))
        let key = Data("tokenizer.chat_template".utf8)
        let keyEnd = try #require(model.range(of: key)).upperBound
        let length = model[(keyEnd + 4)..<(keyEnd + 12)].enumerated().reduce(0) {
            $0 | Int($1.element) << (8 * $1.offset)
        }
        try #require(template.utf8.count <= length)
        let padded = template + String(repeating: " ", count: length - template.utf8.count)
        model.replaceSubrange((keyEnd + 12)..<(keyEnd + 12 + length), with: Data(padded.utf8))
        try withFile(model) { path in
            let session = try FixtureModel.session(hangLimit: .seconds(expected == [.hung] ? 3 : 60))
            let error = #expect(throws: EngineError.self) {
                _ = try session.load(LoadRequest(modelPaths: [path], threads: 1))
                _ = try session.answer(to: "hello", maxTokens: 1)
            }
            let code = try #require(error?.code)
            #expect(expected.contains(code), "\(String(describing: error))")
            #expect(error?.exitStatus == .engine)
        }
    }

    @Test(arguments: ["{{ 'a' * 1000000000 }}", "{{ ('a' * 1000) | replace('', 'b' * 100000) }}"])
    func aTemplateThatGrowsIsToldItsLimit(_ template: String) throws {
        let session = try FixtureModel.session()
        let error = #expect(throws: EngineError.self) {
            _ = try session.load(
                LoadRequest(modelPaths: [FixtureModel.path], threads: 1, chatTemplate: .source(template)))
            _ = try session.answer(to: "hello", maxTokens: 1)
        }
        #expect(error?.code == .template)
        #expect(error?.message.contains("more than its limit of 256 MiB of memory") == true)
    }

    /// Numbers of the header that the weights do not bear out.
    @Test(
        arguments: [
            ("llama.block_count", 0 as UInt32, EngineError.Code.aborted),
            ("llama.block_count", 0x7FFF_FFFF, .aborted), ("llama.block_count", 1, .loadFailed),
            ("llama.embedding_length", 0, .loadFailed), ("llama.embedding_length", .max, .loadFailed),
            ("llama.feed_forward_length", 1, .loadFailed), ("llama.attention.head_count", 0, .loadFailed),
            ("llama.attention.head_count", .max, .loadFailed), ("llama.rope.dimension_count", 0, .loadFailed),
        ])
    func survivesAHostileHeader(_ key: String, _ value: UInt32, _ expected: EngineError.Code) throws {
        var model = try Data(contentsOf: URL(fileURLWithPath: FixtureModel.path))
        let keyEnd = try #require(model.range(of: Data(key.utf8))).upperBound
        try #require(model[keyEnd] == 4, "a number of 32 bits")
        model.replaceSubrange((keyEnd + 4)..<(keyEnd + 8), with: withUnsafeBytes(of: value.littleEndian) { Data($0) })
        try withFile(model) { path in
            let error = try loadError(path)
            #expect(error?.code == expected, "\(String(describing: error))")
            #expect(error?.exitStatus == .engine)
        }
    }
}
