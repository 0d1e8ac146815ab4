// SPDX-License-Identifier: Apache-2.0

internal import EngineWire

/// Turns the text that a model writes into pieces of answer and reasoning, as they become certain.
struct AnswerReader {
    private let prompt: ChatPrompt?
    private var written = ""
    private var readBytes = 0
    private var content = ""
    private var reasoning = ""
    /// The tools that the whole answer calls.
    private(set) var calls: [ToolCall] = []

    /// Makes a reader.
    ///
    /// - Parameter prompt: The conversation that is answered; `nil` where all text is content.
    init(for prompt: ChatPrompt?) {
        self.prompt = prompt.flatMap { $0.hasParser ? $0 : nil }
    }

    /// Takes text and gives back what is new in the answer.
    mutating func append(_ text: String) -> [TextDelta] {
        guard !text.isEmpty else { return [] }
        guard prompt != nil else { return [TextDelta(channel: .content, text: text)] }
        written += text
        // The library reads from the start each time. Reading less often as the text grows keeps the sum linear.
        let newBytes = written.utf8.count - readBytes
        guard newBytes * 1024 >= written.utf8.count else { return [] }
        return read(isPartial: true)
    }

    /// Gives back what was not certain until the end.
    mutating func finish() -> [TextDelta] {
        guard prompt != nil, !written.isEmpty else { return [] }
        return read(isPartial: false)
    }

    private mutating func read(isPartial: Bool) -> [TextDelta] {
        readBytes = written.utf8.count
        guard let parts = prompt?.parts(of: written, isPartial: isPartial) else {
            // An answer that does not have the form the template calls for is shown as it is.
            guard !isPartial, content.isEmpty, reasoning.isEmpty else { return [] }
            return [TextDelta(channel: .content, text: written)]
        }
        if !isPartial { calls = parts.calls }
        var deltas: [TextDelta] = []
        if let added = Self.added(to: &reasoning, from: parts.reasoning) {
            deltas.append(TextDelta(channel: .reasoning, text: added))
        }
        if let added = Self.added(to: &content, from: parts.content) {
            deltas.append(TextDelta(channel: .content, text: added))
        }
        return deltas
    }

    /// What a part has more than was given out; a part that changed otherwise is left as it was given out.
    private static func added(to shown: inout String, from whole: String) -> String? {
        guard whole.utf8.count > shown.utf8.count, whole.utf8.starts(with: shown.utf8) else { return nil }
        let added = String(decoding: whole.utf8.dropFirst(shown.utf8.count), as: UTF8.self)
        shown = whole
        return added
    }
}
