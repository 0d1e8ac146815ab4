// SPDX-License-Identifier: Apache-2.0

/// Text to turn into tokens, the other way round, a conversation to turn into text, or a request to look at.
package enum ConvertRequest: Codable, Sendable, Equatable {
    /// Text; `marked` adds the beginning and end tokens that the model wants.
    case text(String, marked: Bool)
    /// Numbers of tokens.
    case tokens([Int32])
    /// A conversation, as the chat template renders it.
    case conversation(messages: [ChatMessage], options: ChatOptions)
    /// A request that is only looked at: whether its options, form and prompt could be used.
    case check(GenerateRequest)
}

/// A token of a text.
package struct TokenPiece: Codable, Sendable, Equatable {
    package let id: Int32
    /// What it stands for; bytes that are no whole character are U+FFFD.
    package let text: String

    /// Makes a token.
    package init(id: Int32, text: String) {
        self.id = id
        self.text = text
    }
}

/// Texts to make vectors of.
package struct EmbedRequest: Codable, Sendable, Equatable {
    /// One text, or what belongs together.
    package enum Input: Codable, Sendable, Equatable {
        case text(String)
        /// A question and a text that may answer it, for a model that scores.
        case pair(question: String, text: String)
    }

    package var inputs: [Input]
    /// The number of the first input among all that the client has, from 0.
    package var first: Int

    /// Makes a request.
    package init(inputs: [Input], first: Int = 0) {
        self.inputs = inputs
        self.first = first
    }
}

/// What became of one input.
package struct TextVector: Codable, Sendable, Equatable {
    /// The number of the input among all that the client has, from 0.
    package let index: Int
    /// A vector of length 1, or one score.
    package let values: [Float]
    /// Tokens of the input.
    package let tokens: Int

    /// Makes a vector.
    package init(index: Int, values: [Float], tokens: Int) {
        self.index = index
        self.values = values
        self.tokens = tokens
    }
}
