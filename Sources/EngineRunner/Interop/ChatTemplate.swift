// SPDX-License-Identifier: Apache-2.0

internal import CLlamaChat
internal import EngineWire

/// Owns the compiled chat template of a model and keeps the model alive.
final class ChatTemplate {
    /// What a template may use at the most, beside a multiple of the conversation.
    private static let memoryBytes: UInt64 = 256 << 20

    private let model: ModelHandle
    private let raw: OpaquePointer

    /// Compiles the template of a model, or ChatML where it has none, or the one that was chosen.
    ///
    /// - Throws: `EngineError`, code `template`; `invalidRequest` for a name that llama.cpp does not know.
    init(of model: ModelHandle, choice: TemplateChoice?) throws(EngineError) {
        let (source, text) =
            switch choice {
            case .named(let name): (BAIGO_CHAT_BUILT_IN, name)
            case .source(let text): (BAIGO_CHAT_GIVEN, text)
            case nil: (BAIGO_CHAT_OF_MODEL, "")
            }
        var failure: OpaquePointer?
        let raw = TextList.with([text]) { texts in
            MemoryLimit.withAtMost(Self.memoryBytes) { baigo_chat_create(model.raw, source, texts[0], &failure) }
        }
        guard let raw else {
            if case .named(let name) = choice {
                throw EngineError(
                    .invalidRequest, "no chat template “\(name)”: \(EngineError.reason(taking: failure))",
                    hint: "A path contains a slash or ends in .jinja.")
            }
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
    /// - Parameters:
    ///   - messages: The conversation.
    ///   - schema: The JSON Schema that the answer has to follow.
    /// - Returns: The text, and how its answer is read.
    /// - Throws: `EngineError`, code `template`.
    func render(_ messages: [ChatMessage], schema: String?) throws(EngineError) -> ChatPrompt {
        var failure: OpaquePointer?
        let texts = [schema ?? ""] + messages.flatMap { [$0.role.rawValue, $0.content] }
        let bytes = texts.reduce(0) { $0 + $1.utf8.count }
        let prompt = TextList.with(texts) { texts in
            let turns = messages.indices.map { index in
                baigo_chat_message(role: texts[1 + 2 * index], content: texts[2 + 2 * index])
            }
            return MemoryLimit.withAtMost(Self.memoryBytes + 64 * UInt64(bytes)) {
                baigo_chat_render(raw, turns, turns.count, texts[0], &failure)
            }
        }
        guard let prompt else { throw .template("cannot render this conversation", failure) }
        return ChatPrompt(owning: prompt)
    }
}

/// Owns a rendered conversation, and knows how its answer is to be read.
final class ChatPrompt {
    let raw: OpaquePointer

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

extension EngineError {
    /// Takes over the error of a call, which may be missing.
    fileprivate static func template(_ what: String, _ failure: OpaquePointer?) -> EngineError {
        // The library puts the line that says what is wrong under the place where it is.
        let lines = EngineError.reason(taking: failure).split(separator: "\n")
        let mark = "Error: "
        let reason = lines.last { $0.hasPrefix(mark) }?.dropFirst(mark.count) ?? lines.first ?? ""
        return EngineError(
            .template, "the chat template \(what): \(reason)",
            hint: "Use --raw to continue text without it, or choose another one with --chat-template.")
    }
}
