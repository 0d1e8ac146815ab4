// SPDX-License-Identifier: Apache-2.0

/// How an answer ended and what it cost.
package struct GenerationResult: Codable, Sendable, Equatable {
    /// Why the answer ended.
    package enum FinishReason: String, Codable, Sendable {
        /// The model ended it, or a stop text came.
        case stop
        /// The token limit or the end of the context was reached.
        case length
        /// It was cancelled.
        case cancelled
    }

    /// Tokens in and out.
    package struct Usage: Codable, Sendable, Equatable {
        /// Tokens of the rendered prompt.
        package let promptTokens: Int
        /// How many of these were in the context already.
        package let cachedPromptTokens: Int
        /// Tokens produced, an end token not counted.
        package let completionTokens: Int

        /// Makes a count.
        package init(promptTokens: Int, cachedPromptTokens: Int, completionTokens: Int) {
            self.promptTokens = promptTokens
            self.cachedPromptTokens = cachedPromptTokens
            self.completionTokens = completionTokens
        }
    }

    /// Times in milliseconds.
    package struct Timings: Codable, Sendable, Equatable {
        /// From the load request to a ready context.
        package let loadMilliseconds: Double
        /// For the part of the prompt that was not in the context.
        package let promptMilliseconds: Double
        /// From the first to the last token.
        package let generationMilliseconds: Double

        /// Makes a set of times.
        package init(loadMilliseconds: Double, promptMilliseconds: Double, generationMilliseconds: Double) {
            self.loadMilliseconds = loadMilliseconds
            self.promptMilliseconds = promptMilliseconds
            self.generationMilliseconds = generationMilliseconds
        }
    }

    package let finishReason: FinishReason
    package let usage: Usage
    package let timings: Timings
    /// The seed that was used: the one asked for, or a random one.
    package let seed: UInt32

    /// Makes a result.
    package init(finishReason: FinishReason, usage: Usage, timings: Timings, seed: UInt32) {
        self.finishReason = finishReason
        self.usage = usage
        self.timings = timings
        self.seed = seed
    }

    /// Tokens produced a second; 0 when none were.
    package var tokensPerSecond: Double {
        guard timings.generationMilliseconds > 0 else { return 0 }
        return Double(usage.completionTokens) * 1000 / timings.generationMilliseconds
    }

    /// Prompt tokens processed a second, those in the context already not counted; 0 when none were.
    package var promptTokensPerSecond: Double {
        guard timings.promptMilliseconds > 0 else { return 0 }
        return Double(usage.promptTokens - usage.cachedPromptTokens) * 1000 / timings.promptMilliseconds
    }
}
