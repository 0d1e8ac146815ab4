// SPDX-License-Identifier: Apache-2.0

/// What to measure.
package struct MeasureRequest: Codable, Sendable, Equatable {
    /// Tokens of the prompt.
    package var promptTokens: Int
    /// Tokens to generate.
    package var generatedTokens: Int
    /// How often.
    package var repetitions: Int

    /// Makes a request.
    package init(promptTokens: Int, generatedTokens: Int, repetitions: Int) {
        self.promptTokens = promptTokens
        self.generatedTokens = generatedTokens
        self.repetitions = repetitions
    }
}

/// What was measured.
package struct Measurement: Codable, Sendable, Equatable {
    /// Milliseconds for the prompt, one value a repetition.
    package var promptMilliseconds: [Double] = []
    /// Milliseconds from the start of the prompt until its first token is chosen, one value a repetition.
    package var firstTokenMilliseconds: [Double] = []
    /// Milliseconds for all generated tokens, one value a repetition.
    package var generationMilliseconds: [Double] = []
    /// Milliseconds of every generated token of every repetition.
    package var tokenMilliseconds: [Double] = []
    /// The most memory that the worker had in use, in bytes.
    package var peakMemoryBytes: UInt64 = 0
    /// Seconds that all processors worked while it was measured.
    package var processorSeconds: Double = 0
    /// Seconds by the clock for the same.
    package var seconds: Double = 0

    /// Makes an empty measurement.
    package init() {}
}
