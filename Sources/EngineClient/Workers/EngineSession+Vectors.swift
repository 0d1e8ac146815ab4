// SPDX-License-Identifier: Apache-2.0

package import EngineWire

extension EngineSession {
    /// Turns text into tokens.
    ///
    /// - Parameters:
    ///   - text: The text; special tokens that are written out in it count as such.
    ///   - marked: Whether the beginning and end tokens that the model wants are added.
    /// - Returns: The tokens.
    /// - Throws: `EngineError`, code `noModel`, and those of a failing worker; `CancellationError`.
    package func tokens(of text: String, marked: Bool) throws -> [TokenPiece] {
        var pieces: [TokenPiece] = []
        try perform("counting tokens") { id in
            .convert(id: id, request: .text(text, marked: marked))
        } take: { event -> Void? in
            switch event {
            case .pieces(let more): pieces += more
            case .converted: return ()
            default: throw UnexpectedEvent()
            }
            return nil
        }
        return pieces
    }

    /// Turns tokens into text.
    ///
    /// - Parameter tokens: Numbers of tokens.
    /// - Returns: The text; bytes that are no UTF-8 are U+FFFD.
    /// - Throws: `EngineError`, codes `noModel` and `invalidRequest`, and those of a failing worker;
    ///   `CancellationError`.
    package func text(of tokens: [Int32]) throws -> String {
        var text = ""
        try perform("writing out tokens") { id in
            .convert(id: id, request: .tokens(tokens))
        } take: { event -> Void? in
            switch event {
            case .text(let delta): text += delta.text
            case .converted: return ()
            default: throw UnexpectedEvent()
            }
            return nil
        }
        return text
    }

    /// Renders a conversation by the chat template, with the start of an answer at its end.
    ///
    /// - Parameters:
    ///   - messages: The conversation.
    ///   - options: Tools and reasoning.
    /// - Returns: The prompt that an answer would continue.
    /// - Throws: `EngineError`, codes `noModel`, `template` and `invalidRequest`, and those of a failing worker;
    ///   `CancellationError`.
    package func rendered(_ messages: [ChatMessage], _ options: ChatOptions) throws -> String {
        var text = ""
        try perform("rendering the conversation") { id in
            .convert(id: id, request: .conversation(messages: messages, options: options))
        } take: { event -> Void? in
            switch event {
            case .text(let delta): text += delta.text
            case .converted: return ()
            default: throw UnexpectedEvent()
            }
            return nil
        }
        return text
    }

    /// Finds out whether a request could be answered, without computing anything.
    ///
    /// - Parameter request: What would be asked.
    /// - Throws: `EngineError`, codes `noModel`, `promptTooLong`, `emptyPrompt`, `template` and `invalidRequest`, and
    ///   those of a failing worker; `CancellationError`.
    package func check(_ request: GenerateRequest) throws {
        try perform("checking the options") { id in
            .convert(id: id, request: .check(request))
        } take: { event -> Void? in
            guard case .converted = event else { throw UnexpectedEvent() }
            return ()
        }
    }

    /// Makes vectors of texts, or scores of pairs.
    ///
    /// - Parameters:
    ///   - request: The texts.
    ///   - onVector: Takes what was made, in the order of the texts, all before one that cannot be used. An error it
    ///     throws ends the call.
    /// - Throws: `EngineError`, codes `promptTooLong`, `emptyPrompt`, `noModel`, `notAVectorModel`, `computeFailed`,
    ///   and those of a failing worker; `CancellationError`.
    package func embed(_ request: EmbedRequest, onVector: (TextVector) throws -> Void) throws {
        try perform("making vectors") { id in
            .embed(id: id, request: request)
        } take: { event -> Void? in
            switch event {
            case .vector(let vector): try onVector(vector)
            case .embedded: return ()
            default: throw UnexpectedEvent()
            }
            return nil
        }
    }
}
