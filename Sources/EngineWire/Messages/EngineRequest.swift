// SPDX-License-Identifier: Apache-2.0

/// What the client asks of a worker.
///
/// Every request but `add`, `cancel` and `shutdown` is answered by events that end with exactly one of `loaded`,
/// `described`, `finished`, `converted`, `embedded`, `answered`, `measured`
/// and `failed`.
package enum EngineRequest: Codable, Sendable, Equatable {
    /// Loads a model, in place of the one loaded before.
    case load(id: UInt64, request: LoadRequest)
    /// Continues a prompt.
    case generate(id: UInt64, request: GenerateRequest)
    /// Continues several prompts together; they follow as `add`, as many as the worker `wants`.
    case answer(id: UInt64)
    /// One more prompt for the batch of that number; `nil` says that it was the last one.
    case add(id: UInt64, request: GenerateRequest?)
    /// Measures how fast the model is.
    case measure(id: UInt64, request: MeasureRequest)
    /// Turns text into tokens, or tokens into text.
    case convert(id: UInt64, request: ConvertRequest)
    /// Makes vectors of texts, or scores of pairs.
    case embed(id: UInt64, request: EmbedRequest)
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
    /// What conversations are rendered with in place of the model's own template.
    package var chatTemplate: TemplateChoice?
    /// Bytes of private memory that the worker may have from now on; `nil` for what the machine has.
    ///
    /// Files that are mapped do not count. It can only be lowered.
    package var memoryLimitBytes: UInt64?
    /// What the model is loaded for.
    package var purpose: Purpose
    /// Answers that are computed together; each may have `contextTokens`.
    package var sequences: Int
    /// LoRA adapters that are laid over the weights.
    package var adapters: [Adapter]
    /// Where the model is put and how it computes.
    package var placement: Placement

    /// A LoRA adapter in a file, and how strongly it works.
    package struct Adapter: Codable, Sendable, Equatable {
        package var path: String
        package var scale: Double

        /// Makes an adapter.
        package init(path: String, scale: Double = 1) {
            self.path = path
            self.scale = scale
        }
    }

    /// What a model is to do.
    package enum Purpose: String, Codable, Sendable {
        /// Continue text.
        case text
        /// Make vectors of texts.
        case vectors
        /// Score how well texts answer a question.
        case scores
        /// Turn text into tokens and back; the weights are not loaded.
        case vocabulary
    }

    /// Makes a request.
    package init(
        modelPaths: [String], contextTokens: Int? = nil, threads: Int? = nil, chatTemplate: TemplateChoice? = nil,
        purpose: Purpose = .text, sequences: Int = 1, adapters: [Adapter] = [],
        placement: Placement = Placement()
    ) {
        self.placement = placement
        self.adapters = adapters
        self.sequences = sequences
        self.purpose = purpose
        self.modelPaths = modelPaths
        self.contextTokens = contextTokens
        self.threads = threads
        self.chatTemplate = chatTemplate
    }
}

/// A chat template that a person chose.
package enum TemplateChoice: Codable, Sendable, Equatable {
    /// One of those that llama.cpp brings.
    case named(String)
    /// The text of a Jinja template.
    case source(String)
}

/// One answer to produce.
package struct GenerateRequest: Codable, Sendable, Equatable {
    /// What the answer continues.
    package var prompt: Prompt
    /// How tokens are chosen.
    package var sampling: SamplingOptions
    /// Texts that end the answer and are not part of it.
    package var stop: [String]
    /// What the answer has to follow; `nil` for nothing.
    package var form: AnswerForm?
    /// How many of the likeliest tokens are told with each token of the answer; `nil` for no telling.
    package var likeliest: Int?
    /// How a conversation is rendered.
    package var chat = ChatOptions()

    /// Makes a request.
    package init(
        prompt: Prompt, sampling: SamplingOptions = SamplingOptions(), stop: [String] = [], form: AnswerForm? = nil,
        likeliest: Int? = nil
    ) {
        self.prompt = prompt
        self.sampling = sampling
        self.stop = stop
        self.form = form
        self.likeliest = likeliest
    }
}

/// A form that an answer is held to.
package enum AnswerForm: Codable, Sendable, Equatable {
    /// A grammar in GBNF with a rule `root`.
    case grammar(String)
    /// A JSON Schema, as text.
    case schema(String)

    /// The grammar or schema.
    package var text: String {
        switch self {
        case .grammar(let text), .schema(let text): text
        }
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
        /// What a tool gave back.
        case tool
    }

    package var role: Role
    package var content: String
    /// What the model thought before it answered.
    package var reasoning: String?
    /// Tools that the answer called.
    package var toolCalls: [ToolCall]?
    /// The call whose result this is.
    package var toolCallID: String?

    /// Makes a turn.
    package init(role: Role, content: String) {
        self.role = role
        self.content = content
    }
}
