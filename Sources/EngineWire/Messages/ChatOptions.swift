// SPDX-License-Identifier: Apache-2.0

/// How a conversation is rendered, beside its messages.
package struct ChatOptions: Codable, Sendable, Equatable {
    /// Whether a model that can think does so before it answers.
    package enum Reasoning: String, Codable, Sendable, CaseIterable {
        /// As the template has it.
        case auto
        case on
        case off
    }

    /// Whether tools are called.
    package enum ToolChoice: String, Codable, Sendable, CaseIterable {
        /// The model decides.
        case auto
        /// The answer has to call one.
        case required
        /// The model knows the tools and calls none.
        case none
    }

    /// Tools that the model may call: a JSON array in the form of OpenAI's API.
    package var tools: String?
    package var toolChoice = ToolChoice.auto
    package var reasoning = Reasoning.auto

    /// No tools, and reasoning as the template has it.
    package init() {}
}

/// A tool that a model wants to have called.
package struct ToolCall: Codable, Sendable, Equatable {
    /// What the model calls it; empty where it gives no name.
    package let id: String
    /// The name of the tool.
    package let name: String
    /// JSON as the model wrote it.
    package let arguments: String

    /// Makes a call.
    package init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
