// SPDX-License-Identifier: Apache-2.0

internal import CLlamaChat
internal import EngineWire

/// Owns the compiled chat template of a model and keeps the model alive.
final class ChatTemplate {
    /// What a template may use at the most, beside a multiple of the conversation.
    private static let memoryBytes: UInt64 = 256 << 20

    private let model: ModelHandle
    private let raw: OpaquePointer

    /// Compiles the template of a model, or ChatML where it has none.
    ///
    /// - Throws: `EngineError`, code `template`.
    init(of model: ModelHandle) throws(EngineError) {
        var failure: OpaquePointer?
        let raw = MemoryLimit.withAtMost(Self.memoryBytes) { baigo_chat_create(model.raw, &failure) }
        guard let raw else {
            throw .template("cannot be used", failure)
        }
        self.model = model
        self.raw = raw
    }

    deinit { baigo_chat_free(raw) }

    /// Whether the model brought a template of its own.
    var isFromModel: Bool { baigo_chat_has_template(raw) }

    /// Renders a conversation with the start of an answer at its end.
    ///
    /// - Throws: `EngineError`, code `template`.
    func render(_ messages: [ChatMessage]) throws(EngineError) -> ChatPrompt {
        let copies = messages.map { (role: Array($0.role.rawValue.utf8), content: Array($0.content.utf8)) }
        var storage: [UInt8] = []
        for copy in copies { storage += copy.role + [0] + copy.content + [0] }
        var failure: OpaquePointer?
        let prompt = storage.withUnsafeBytes { bytes -> OpaquePointer? in
            let text = bytes.bindMemory(to: CChar.self)
            guard var next = text.baseAddress else { return nil }
            let turns = copies.map { copy in
                let role = baigo_text(bytes: next, length: copy.role.count)
                let content = baigo_text(bytes: next + copy.role.count + 1, length: copy.content.count)
                next += copy.role.count + copy.content.count + 2
                return baigo_chat_message(role: role, content: content)
            }
            return MemoryLimit.withAtMost(Self.memoryBytes + 64 * UInt64(storage.count)) {
                baigo_chat_render(raw, turns, turns.count, &failure)
            }
        }
        guard let prompt else { throw .template("cannot render this conversation", failure) }
        return ChatPrompt(owning: prompt)
    }
}

/// Owns a rendered conversation, and knows how its answer is to be read.
final class ChatPrompt {
    private let raw: OpaquePointer

    fileprivate init(owning raw: OpaquePointer) {
        self.raw = raw
    }

    deinit { baigo_chat_prompt_free(raw) }

    /// The rendered text.
    var text: String { baigo_chat_prompt_text(raw).string }

    /// Texts that end an answer beside the end tokens of the vocabulary.
    var stops: [String] {
        (0..<baigo_chat_prompt_stop_count(raw)).map { baigo_chat_prompt_stop(raw, $0).string }
    }

    /// Special tokens that must be written out for the answer to be understood.
    var keptTokens: [String] {
        (0..<baigo_chat_prompt_kept_token_count(raw)).map { baigo_chat_prompt_kept_token(raw, $0).string }
    }

    /// Whether an answer has to be read by `parts(of:isPartial:)`; otherwise all of it is content.
    var hasParser: Bool { baigo_chat_prompt_has_parser(raw) }

    /// Tells answer and reasoning apart.
    ///
    /// - Parameters:
    ///   - written: All that the model wrote so far.
    ///   - isPartial: Whether more is to come.
    /// - Returns: `nil` when the text does not have the form that the template calls for.
    func parts(of written: String, isPartial: Bool) -> (content: String, reasoning: String)? {
        var written = written
        let answer = written.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { bytes -> OpaquePointer? in
                guard let start = bytes.baseAddress else { return nil }
                return baigo_chat_answer_parse(raw, baigo_text(bytes: start, length: bytes.count), isPartial, nil)
            }
        }
        guard let answer else { return nil }
        defer { baigo_chat_answer_free(answer) }
        return (baigo_chat_answer_content(answer).string, baigo_chat_answer_reasoning(answer).string)
    }
}

extension baigo_text {
    fileprivate var string: String {
        String(decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
    }
}

extension EngineError {
    /// Takes over the error of a call, which may be missing.
    fileprivate static func template(_ what: String, _ failure: OpaquePointer?) -> EngineError {
        defer { if let failure { baigo_chat_error_free(failure) } }
        // The library puts the line that says what is wrong under the place where it is.
        let lines = failure.map { baigo_chat_error_message($0).string.split(separator: "\n") } ?? []
        let mark = "Error: "
        let reason = lines.last { $0.hasPrefix(mark) }?.dropFirst(mark.count) ?? lines.first ?? "no reason was given"
        return EngineError(
            .template, "the chat template of the model \(what): \(reason)",
            hint: "Use --raw to continue text without the template.")
    }
}
