// SPDX-License-Identifier: Apache-2.0

import BundleKit
import Testing

struct PackageNameDerivationTests {
    @Test(arguments: [
        ("Qwen2.5 7B Instruct", "qwen2.5-7b-instruct"), ("tiny_chat", "tiny_chat"),
        ("  Ünïcode — Model! ", "n-code-model"),
        ("model-Q4_K_M.gguf", "model-q4_k_m"), ("big-00001-of-00003.gguf", "big"), ("big-00001-of-00003", "big"),
        ("x.GGUF", "x"), ("x.gguf.gguf", "x"), ("x.gguf-", "x"), (".hidden", "hidden"), ("a---b", "a-b"),
        ("a/b\\c:d", "a-b-c-d"), ("--help", "help"), ("x.baimodel", "x"), ("v1.", "v1"), ("🤖", "model"), ("", "model"),
        ("a\u{0}b\u{202E}c", "a-b-c"), ("..", "model"), ("İ", "i"),
    ])
    func makesAName(_ text: String, _ name: String) throws {
        let derived = PackageName.derived(from: [text], publisher: nil)
        #expect(derived.description == name)
        #expect(try PackageName(validating: derived.description) == derived)
    }

    @Test func takesTheFirstCandidateWithALetterOrDigit() {
        #expect(PackageName.derived(from: ["—", "second.gguf", "third"], publisher: nil).description == "second")
    }

    @Test func putsThePublisherFirst() {
        #expect(PackageName.derived(from: ["M 1"], publisher: "Some One, Inc.").description == "some-one-inc/m-1")
        #expect(PackageName.derived(from: ["M 1"], publisher: "…").description == "m-1")
    }

    @Test func staysWithin128BytesAndEndsWell() throws {
        for length in 118...140 {
            let text = String(repeating: "a", count: length) + ".gguf-and-more"
            let derived = PackageName.derived(from: [text], publisher: text)
            #expect(try PackageName(validating: derived.description) == derived)
        }
    }

    @Test func readsShardNames() {
        let shard = ShardName("a-b-00002-of-00012.gguf")
        #expect(shard?.prefix == "a-b")
        #expect(shard?.number == 2)
        #expect(shard?.count == 12)
        #expect(shard?.name(of: 1) == "a-b-00001-of-00012.gguf")
        for name in [
            "a-0001-of-0002.gguf", "a-00003-of-00002.gguf", "a-00000-of-00002.gguf", "a.gguf", "00001-of-00002",
        ] {
            #expect(ShardName(name) == nil)
        }
    }
}
