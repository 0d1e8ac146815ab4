// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import EngineWire
internal import Synchronization

/// Collects an answer and, where there is a target, streams it there.
final class AnswerWriter: Sendable {
    private struct State {
        var content = ""
        var reasoning = ""
        var tokens: [ChosenToken] = []
        var calls: [ToolCall] = []
        var endsWithNewline = true
    }

    private let target: (any OutputTarget)?
    private let isEscaping: Bool
    private let state = Mutex(State())

    /// Starts an answer.
    ///
    /// - Parameters:
    ///   - target: Where the answer is streamed; `nil` to collect it only.
    ///   - escaping: Whether control characters are made visible, for a terminal.
    init(_ target: (any OutputTarget)?, escaping: Bool) {
        self.target = target
        isEscaping = escaping
    }

    /// The answer so far.
    var content: String { state.withLock(\.content) }
    /// What the model thought before it answered, where its template marks that.
    var reasoning: String { state.withLock(\.reasoning) }

    /// The tokens that were told.
    var tokens: [ChosenToken] { state.withLock(\.tokens) }

    /// The tools that the answer calls.
    var calls: [ToolCall] { state.withLock(\.calls) }

    /// Takes the calls of tools.
    func add(_ calls: [ToolCall]) {
        state.withLock { $0.calls += calls }
    }

    /// Takes a token that is told.
    func add(_ token: ChosenToken) {
        state.withLock { $0.tokens.append(token) }
    }

    /// Takes the next piece.
    func write(_ delta: TextDelta) throws(FileError) {
        state.withLock { state in
            switch delta.channel {
            case .content: state.content += delta.text
            case .reasoning: state.reasoning += delta.text
            }
            if let last = delta.text.last { state.endsWithNewline = last.isNewline }
        }
        try target?.text(isEscaping ? delta.text.escapedForTerminal : delta.text)
    }

    /// Ends the last line.
    func finish() throws(FileError) {
        if state.withLock({ !$0.endsWithNewline }) { try target?.text("\n") }
    }
}

extension GenerationResult {
    /// Tokens of prompt and answer.
    var usageJSON: JSONValue {
        [
            "promptTokens": .number(usage.promptTokens), "cachedPromptTokens": .number(usage.cachedPromptTokens),
            "completionTokens": .number(usage.completionTokens),
        ]
    }

    /// Milliseconds of each step, and tokens a second of the answer.
    var timingsJSON: JSONValue {
        [
            "loadMilliseconds": .rounded(timings.loadMilliseconds),
            "promptMilliseconds": .rounded(timings.promptMilliseconds),
            "generationMilliseconds": .rounded(timings.generationMilliseconds),
            "tokensPerSecond": .rounded(tokensPerSecond),
        ]
    }
}

extension ChosenToken {
    /// The token, its probability, and the likeliest ones in its place.
    var json: JSONValue {
        guard case .object(var members) = token.json else { return token.json }
        members["top"] = .array(likeliest.map(\.json))
        return .object(members)
    }
}

extension ChosenToken.Candidate {
    fileprivate var json: JSONValue {
        ["id": .integer(Int64(id)), "text": .string(text), "logprob": .decimal(String(logarithm))]
    }
}
