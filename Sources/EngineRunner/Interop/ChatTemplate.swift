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
        if case .source(let text) = choice, text.allSatisfy(\.isWhitespace) {
            // The engine takes an empty template for none.
            throw EngineError(.template, "the chat template is empty", hint: "Choose another one with --chat-template.")
        }
        var failure: OpaquePointer?
        let raw = TextList.with([text]) { texts in
            MemoryLimit.withAtMost(Self.memoryBytes) { baigo_chat_create(model.raw, source, texts[0], &failure) }
        }
        guard let raw else {
            if case .named(let name) = choice {
                throw EngineError(
                    .invalidRequest,
                    "no chat template “\(name)”: \(EngineError.reason(taking: failure, within: Self.memoryBytes))",
                    hint: "A path contains a slash or ends in .jinja.")
            }
            throw .template("cannot be used", failure, within: Self.memoryBytes)
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
    ///   - options: Tools and reasoning.
    ///   - schema: The JSON Schema that the answer has to follow.
    /// - Returns: The text, and how its answer is read.
    /// - Throws: `EngineError`, code `template`.
    func render(_ messages: [ChatMessage], _ options: ChatOptions, schema: String?) throws(EngineError) -> ChatPrompt {
        var failure: OpaquePointer?
        let texts = [OpenAIMessages.text(of: messages), options.tools ?? "", schema ?? ""]
        let limit = Self.memoryBytes + 64 * UInt64(texts.reduce(0) { $0 + $1.utf8.count })
        let prompt = TextList.with(texts) { texts in
            var request = baigo_chat_request()
            request.messages = texts[0]
            request.tools = texts[1]
            request.schema = texts[2]
            request.tool_choice = options.toolChoice.choice
            request.reasoning = options.reasoning.choice
            return MemoryLimit.withAtMost(limit) {
                baigo_chat_render(raw, &request, &failure)
            }
        }
        guard let prompt else { throw .template("cannot render this conversation", failure, within: limit) }
        return ChatPrompt(owning: prompt)
    }
}

extension ChatOptions.ToolChoice {
    fileprivate var choice: baigo_chat_tool_choice {
        switch self {
        case .auto: BAIGO_CHAT_TOOLS_AUTO
        case .required: BAIGO_CHAT_TOOLS_REQUIRED
        case .none: BAIGO_CHAT_TOOLS_NONE
        }
    }
}

extension ChatOptions.Reasoning {
    fileprivate var choice: baigo_chat_reasoning {
        switch self {
        case .auto: BAIGO_CHAT_REASONING_AUTO
        case .on: BAIGO_CHAT_REASONING_ON
        case .off: BAIGO_CHAT_REASONING_OFF
        }
    }
}

/// An answer taken apart.
struct AnswerParts {
    let content: String
    let reasoning: String
    let calls: [ToolCall]
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

    /// Tells answer, reasoning and calls of tools apart.
    ///
    /// - Parameters:
    ///   - written: All that the model wrote so far.
    ///   - isPartial: Whether more is to come.
    /// - Returns: `nil` when the text does not have the form that the template calls for.
    func parts(of written: String, isPartial: Bool) -> AnswerParts? {
        var written = written
        let answer = written.withUTF8 { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { bytes -> OpaquePointer? in
                guard let start = bytes.baseAddress else { return nil }
                return baigo_chat_answer_parse(raw, baigo_text(bytes: start, length: bytes.count), isPartial, nil)
            }
        }
        guard let answer else { return nil }
        defer { baigo_chat_answer_free(answer) }
        return AnswerParts(
            content: baigo_chat_answer_content(answer).string, reasoning: baigo_chat_answer_reasoning(answer).string,
            calls: (0..<baigo_chat_answer_call_count(answer)).map { index in
                ToolCall(
                    id: baigo_chat_answer_call_id(answer, index).string,
                    name: baigo_chat_answer_call_name(answer, index).string,
                    arguments: baigo_chat_answer_call_arguments(answer, index).string)
            })
    }
}

extension EngineError {
    /// Takes over the error of a call, which may be missing.
    fileprivate static func template(
        _ what: String, _ failure: OpaquePointer?, within limit: UInt64
    ) -> EngineError {
        // The library puts the line that says what is wrong under the place where it is.
        let lines = EngineError.reason(taking: failure, within: limit).split(separator: "\n")
        let mark = "Error: "
        let reason = lines.last { $0.hasPrefix(mark) }?.dropFirst(mark.count) ?? lines.first ?? ""
        return EngineError(
            .template, "the chat template \(what): \(reason)",
            hint: "Use --raw to continue text without it, or choose another one with --chat-template.")
    }
}
