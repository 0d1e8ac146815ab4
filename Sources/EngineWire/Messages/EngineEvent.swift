// SPDX-License-Identifier: Apache-2.0

/// What a worker tells its client.
package enum EngineEvent: Codable, Sendable, Equatable {
    /// The first event of every worker.
    case hello(protocolVersion: Int, engine: String)
    /// How far the load is, from 0 to 1.
    case loading(fraction: Double)
    /// The model is ready.
    case loaded(model: LoadedModel)
    /// The prompt is in the context; `cached` of its tokens were there already.
    case promptProcessed(tokens: Int, cached: Int)
    /// The answer grows.
    case text(delta: TextDelta)
    /// The answer calls tools; sent behind its text.
    case called(calls: [ToolCall])
    /// A token was chosen; told only where that was asked for.
    case chosen(token: ChosenToken)
    /// So many more requests of a batch may be sent.
    case wants(requests: Int)
    /// One answer of a batch is complete; they come as they end.
    case answer(answer: BatchAnswer)
    /// All answers of a batch were sent.
    case answered
    /// A repetition of a measurement begins.
    case measuring
    /// What was measured.
    case measured(measurement: Measurement)
    /// Tokens of a text, in their order.
    case pieces(tokens: [TokenPiece])
    /// All tokens, or all text, were sent.
    case converted
    /// The vector of one input; they come in the order of the inputs.
    case vector(vector: TextVector)
    /// All vectors were sent.
    case embedded
    /// The worker computes; sent at most once a second, and only from within computing code.
    case alive
    /// The answer is complete.
    case finished(result: GenerationResult)
    /// What the engine is.
    case described(engine: EngineDescription)
    /// The request failed; the worker is ready for the next one.
    case failed(error: EngineError)
}

/// The version of requests, events and framing.
///
/// A worker of another version is not used.
package let engineProtocolVersion = 1

/// A piece of an answer.
package struct TextDelta: Codable, Sendable, Equatable {
    /// Which part of the answer it belongs to.
    package enum Channel: String, Codable, Sendable {
        /// The answer itself.
        case content
        /// What the model thinks before it answers.
        case reasoning
    }

    package let channel: Channel
    /// Text as the model made it: whole characters, not escaped for a terminal.
    package let text: String

    /// Makes a piece.
    package init(channel: Channel, text: String) {
        self.channel = channel
        self.text = text
    }
}

/// A token of an answer and what else could have stood in its place.
package struct ChosenToken: Codable, Sendable, Equatable {
    /// A token and its probability before any sampler changed it.
    package struct Candidate: Codable, Sendable, Equatable {
        package let id: Int32
        /// What it stands for; bytes that are no whole character are U+FFFD.
        package let text: String
        /// The natural logarithm of its probability.
        package let logarithm: Double

        /// Makes a candidate.
        package init(id: Int32, text: String, logarithm: Double) {
            self.id = id
            self.text = text
            self.logarithm = logarithm
        }
    }

    package let token: Candidate
    /// The likeliest tokens, the first one first.
    package let likeliest: [Candidate]

    /// Makes a token.
    package init(token: Candidate, likeliest: [Candidate]) {
        self.token = token
        self.likeliest = likeliest
    }
}

/// What is known of a model once it is loaded.
package struct LoadedModel: Codable, Sendable, Equatable {
    /// Architecture, size and quantization as llama.cpp describes them: `llama 7B Q4_K - Medium`.
    package let modelDescription: String
    /// Tokens that prompt and answer may have together.
    package let contextTokens: Int
    /// The context length that the model was trained with, in tokens.
    package let trainedContextTokens: Int
    /// Whether the model brings a chat template of its own.
    package let hasChatTemplate: Bool
    /// Number of tokens in the vocabulary.
    package let vocabularySize: Int
    /// Number of weights.
    package let parameterCount: UInt64
    /// Bytes of all tensors.
    package let tensorBytes: UInt64
    /// Threads that compute.
    package let threads: Int
    /// Numbers that a vector has; 0 where none are made.
    package let vectorSize: Int
    /// Time from the request to a ready context, in milliseconds.
    package let loadMilliseconds: Double

    /// Makes a description.
    package init(
        modelDescription: String, contextTokens: Int, trainedContextTokens: Int, hasChatTemplate: Bool,
        vocabularySize: Int, parameterCount: UInt64, tensorBytes: UInt64, threads: Int, vectorSize: Int = 0,
        loadMilliseconds: Double
    ) {
        self.modelDescription = modelDescription
        self.contextTokens = contextTokens
        self.trainedContextTokens = trainedContextTokens
        self.hasChatTemplate = hasChatTemplate
        self.vocabularySize = vocabularySize
        self.parameterCount = parameterCount
        self.tensorBytes = tensorBytes
        self.threads = threads
        self.vectorSize = vectorSize
        self.loadMilliseconds = loadMilliseconds
    }
}
