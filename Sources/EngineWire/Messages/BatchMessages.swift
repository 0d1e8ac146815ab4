// SPDX-License-Identifier: Apache-2.0

/// One of several answers that were computed together.
package struct BatchAnswer: Codable, Sendable, Equatable {
    /// The place of its request among all that were sent, from 0.
    package let index: Int
    /// The answer itself.
    package let content: String
    /// What the model thought before it answered.
    package let reasoning: String
    /// How it ended; `nil` when it failed.
    package let result: GenerationResult?
    /// Why it failed.
    package let error: EngineError?

    /// Makes an answer.
    package init(index: Int, content: String, reasoning: String, result: GenerationResult) {
        self.index = index
        self.content = content
        self.reasoning = reasoning
        self.result = result
        error = nil
    }

    /// Says why there is no answer.
    package init(index: Int, error: EngineError) {
        self.index = index
        content = ""
        reasoning = ""
        result = nil
        self.error = error
    }
}
