// SPDX-License-Identifier: Apache-2.0

/// What the client asks of a worker.
///
/// Every request but `cancel` and `shutdown` is answered by events that end with exactly one of `loaded`,
/// `described`, `finished` and `failed`.
package enum EngineRequest: Codable, Sendable, Equatable {
    /// Loads a model, in place of the one loaded before.
    case load(id: UInt64, request: LoadRequest)
    /// Continues a prompt.
    case generate(id: UInt64, request: GenerateRequest)
    /// Tells what the engine is and what it can compute on.
    case describe(id: UInt64)
    /// Ends the request of that number as soon as possible; nothing happens when it is over already.
    case cancel(id: UInt64)
    /// Ends the worker.
    case shutdown
}

/// The model to load and how.
package struct LoadRequest: Codable, Sendable, Equatable {
    /// The weights: one file, the first of a set of shards named `…-00001-of-0000N.gguf`, or all shards in order.
    package var modelPaths: [String]
    /// Tokens that prompt and answer may have together; `nil` for the trained length, at most 4096.
    package var contextTokens: Int?
    /// Threads to compute with; `nil` for one a physical core.
    package var threads: Int?

    /// Makes a request.
    package init(modelPaths: [String], contextTokens: Int? = nil, threads: Int? = nil) {
        self.modelPaths = modelPaths
        self.contextTokens = contextTokens
        self.threads = threads
    }
}

/// One answer to produce.
package struct GenerateRequest: Codable, Sendable, Equatable {
    /// What the answer continues.
    package var prompt: Prompt
    /// How tokens are chosen.
    package var sampling: SamplingOptions
    /// Texts that end the answer and are not part of it.
    package var stop: [String]

    /// Makes a request.
    package init(prompt: Prompt, sampling: SamplingOptions = SamplingOptions(), stop: [String] = []) {
        self.prompt = prompt
        self.sampling = sampling
        self.stop = stop
    }
}

/// What an answer continues.
package enum Prompt: Codable, Sendable, Equatable {
    /// Text as it is, without a chat template.
    case raw(text: String)
    /// A conversation, rendered by the model's chat template, or as ChatML where the model has none.
    case chat(messages: [ChatMessage])
}

/// One turn of a conversation.
package struct ChatMessage: Codable, Sendable, Equatable {
    /// Who speaks.
    package enum Role: String, Codable, Sendable {
        case system, user, assistant
    }

    package var role: Role
    package var content: String

    /// Makes a turn.
    package init(role: Role, content: String) {
        self.role = role
        self.content = content
    }
}

/// How tokens are chosen: top-k, top-p, min-p and temperature in this order, as llama.cpp does by default.
///
/// A value left out is the one that the model's metadata recommends, or else llama.cpp's default.
package struct SamplingOptions: Codable, Sendable, Equatable {
    /// The most tokens to produce; `nil` for as many as the context holds.
    package var maxTokens: Int?
    /// 0 always takes the most likely token; default 0.8.
    package var temperature: Double?
    /// Candidates kept by rank; 0 keeps all; default 40.
    package var topK: Int?
    /// Candidates kept by cumulated probability, 0 to 1; default 0.95.
    package var topP: Double?
    /// Candidates kept by probability relative to the best, 0 to 1; default 0.05.
    package var minP: Double?
    /// Makes a choice repeatable; `nil` for a random one.
    package var seed: UInt32?

    /// Makes options.
    package init(
        maxTokens: Int? = nil, temperature: Double? = nil, topK: Int? = nil, topP: Double? = nil,
        minP: Double? = nil, seed: UInt32? = nil
    ) {
        self.maxTokens = maxTokens
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.seed = seed
    }
}
