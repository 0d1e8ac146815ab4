// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire
internal import Glibc

/// The vocabulary of a loaded model.
struct Vocabulary {
    private let model: ModelHandle
    private let raw: OpaquePointer

    /// Takes the vocabulary of a model and keeps the model alive; `nil` when it has none.
    init?(of model: ModelHandle) {
        guard let raw = llama_model_get_vocab(model.raw), baigo_vocab_type(raw) != LLAMA_VOCAB_TYPE_NONE else {
            return nil
        }
        self.model = model
        self.raw = raw
    }

    /// Number of tokens.
    var count: Int { Int(llama_vocab_n_tokens(raw)) }

    /// Whether a token ends an answer.
    func isEnd(_ token: llama_token) -> Bool { llama_vocab_is_eog(raw, token) }

    /// The most bytes of text that one token can stand for; `nil` where the tokenizer may drop text.
    var longestTokenBytes: Int? {
        let type = baigo_vocab_type(raw)
        guard type == LLAMA_VOCAB_TYPE_SPM || type == LLAMA_VOCAB_TYPE_BPE else { return nil }
        return (0..<Int32(clamping: count)).reduce(1) { longest, token in
            max(longest, llama_vocab_get_text(raw, token).map { strlen($0) } ?? 0)
        }
    }

    /// Turns text into tokens.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - marked: Whether the beginning and end tokens that the model wants are added.
    ///   - readsSpecial: Whether special tokens that are written out in the text count as such.
    /// - Returns: The tokens.
    /// - Throws: `EngineError`, code `promptTooLong`, when the text is beyond what the engine can count.
    func tokens(
        of text: String, marked: Bool = true, readsSpecial: Bool = true
    ) throws(EngineError) -> [llama_token] {
        var text = text
        let result = text.withUTF8 { utf8 -> [llama_token]? in
            guard let length = Int32(exactly: utf8.count) else { return nil }
            return utf8.withMemoryRebound(to: CChar.self) { bytes in
                var tokens = [llama_token](repeating: 0, count: utf8.count + 2)
                var made = llama_tokenize(
                    raw, bytes.baseAddress, length, &tokens, Int32(clamping: tokens.count), marked, readsSpecial)
                if made < 0, made != Int32.min {
                    tokens = [llama_token](repeating: 0, count: Int(-made))
                    made = llama_tokenize(
                        raw, bytes.baseAddress, length, &tokens, Int32(clamping: tokens.count), marked, readsSpecial)
                }
                guard made >= 0 else { return nil }
                return Array(tokens.prefix(Int(made)))
            }
        }
        guard let result else {
            throw EngineError(.promptTooLong, "the prompt is longer than the engine can count", hint: "Shorten it.")
        }
        return result
    }

    /// The token that a text is as a whole, if it is exactly one.
    func singleToken(_ text: String) throws(EngineError) -> llama_token? {
        let tokens = try tokens(of: text, marked: false)
        return tokens.count == 1 ? tokens.first : nil
    }

    /// A question and a text in one sequence, for a model that scores them.
    func pair(_ question: [llama_token], _ text: [llama_token]) -> [llama_token] {
        let none = llama_token(LLAMA_TOKEN_NULL)
        let end = llama_vocab_eos(raw) == none ? llama_vocab_sep(raw) : llama_vocab_eos(raw)
        let ending = llama_vocab_get_add_eos(raw) && end != none ? [end] : []
        let start = llama_vocab_get_add_bos(raw) && llama_vocab_bos(raw) != none ? [llama_vocab_bos(raw)] : []
        let between = llama_vocab_get_add_sep(raw) && llama_vocab_sep(raw) != none ? [llama_vocab_sep(raw)] : []
        return start + question + ending + between + text + ending
    }

    /// Whether there is a token of that number.
    func contains(_ token: llama_token) -> Bool { token >= 0 && token < count }

    /// The text of tokens, special ones written out.
    ///
    /// - Parameter tokens: Tokens of this vocabulary.
    /// - Returns: The bytes, which need not be UTF-8.
    func bytes(of tokens: [llama_token]) -> [UInt8] {
        guard !tokens.isEmpty else { return [] }
        var buffer = [CChar](repeating: 0, count: max(64, tokens.count * 8))
        var length = llama_detokenize(
            raw, tokens, Int32(clamping: tokens.count), &buffer, Int32(clamping: buffer.count), false, true)
        if length < 0 {
            buffer = [CChar](repeating: 0, count: Int(-length))
            length = llama_detokenize(
                raw, tokens, Int32(clamping: tokens.count), &buffer, Int32(clamping: buffer.count), false, true)
        }
        return buffer.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }
    }

    /// The bytes that a token stands for.
    ///
    /// - Parameters:
    ///   - token: A token of this vocabulary.
    ///   - showsSpecial: Whether a special token is written out; otherwise it stands for nothing.
    /// - Returns: The bytes, which may end within a character.
    func bytes(of token: llama_token, showsSpecial: Bool = false) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 64)
        var length = llama_token_to_piece(raw, token, &buffer, Int32(buffer.count), 0, showsSpecial)
        if length < 0 {
            buffer = [CChar](repeating: 0, count: Int(-length))
            length = llama_token_to_piece(raw, token, &buffer, Int32(clamping: buffer.count), 0, showsSpecial)
        }
        return buffer.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }
    }
}
