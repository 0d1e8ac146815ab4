// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire

/// A model that is ready, with the tokens that its context holds.
final class LoadedEngine {
    let model: ModelHandle
    let context: ContextHandle
    let vocabulary: Vocabulary
    let control: RunControl
    let summary: LoadedModel
    /// Tokens of the context in their order.
    var held: [llama_token] = []

    private var template: ChatTemplate?
    private let longestTokenBytes: Int?

    /// Loads a model and makes its context.
    init(
        _ request: LoadRequest, control: RunControl, log: EngineLog, progress: (Double) -> Void
    ) throws(EngineError) {
        let start = SuspendingClock.now
        let threads = try ModelLoading.threads(request)
        let name = ModelLoading.fileName(request.modelPaths)
        let model = try ModelLoading.load(request, control: control, log: log, progress: progress)
        if let obstacle = model.obstacle { throw Self.notText(name, obstacle) }
        guard let vocabulary = Vocabulary(of: model), vocabulary.count > 0 else {
            throw Self.notText(name, "it has no vocabulary")
        }
        let trained = model.trainedContextTokens
        let context = try ModelLoading.context(
            request, model: model, threads: threads, control: control, log: log)
        guard context.hasMemory, !context.poolsOutput else { throw Self.notText(name, "it is an embedding model") }
        try ModelLoading.apply(request.adapters, to: model, context, log: log)
        self.model = model
        self.context = context
        self.vocabulary = vocabulary
        self.control = control
        template = try request.chatTemplate.map { choice throws(EngineError) in
            try ChatTemplate(of: model, choice: choice)
        }
        longestTokenBytes = vocabulary.longestTokenBytes
        summary = LoadedModel(
            modelDescription: model.summary,
            contextTokens: request.contextTokens.map { min($0, context.contextTokens) } ?? context.contextTokens,
            trainedContextTokens: trained,
            hasChatTemplate: request.chatTemplate != nil || llama_model_chat_template(model.raw, nil) != nil,
            vocabularySize: vocabulary.count, parameterCount: llama_model_n_params(model.raw),
            tensorBytes: llama_model_size(model.raw), threads: threads,
            loadMilliseconds: start.duration(to: .now).milliseconds)
    }

    /// Renders a conversation.
    ///
    /// The model's own template is compiled when the first one comes: raw text does not need it.
    ///
    /// - Throws: `EngineError`, codes `invalidRequest` and `template`.
    func render(
        _ messages: [ChatMessage], _ options: ChatOptions, schema: String?
    ) throws(EngineError) -> ChatPrompt {
        guard !messages.isEmpty else { throw EngineError(.invalidRequest, "the conversation has no message") }
        if let template { return try template.render(messages, options, schema: schema) }
        let compiled = try ChatTemplate(of: model, choice: nil)
        template = compiled
        return try compiled.render(messages, options, schema: schema)
    }

    /// Turns the text of a prompt into tokens that fit.
    ///
    /// - Throws: `EngineError`, codes `promptTooLong` and `emptyPrompt`.
    func tokens(ofPrompt text: String) throws(EngineError) -> [llama_token] {
        if let longestTokenBytes, text.utf8.count / longestTokenBytes > summary.contextTokens {
            throw tooLong("at least \(text.utf8.count / longestTokenBytes)")
        }
        let tokens = try vocabulary.tokens(of: text)
        guard !tokens.isEmpty else { throw EngineError(.emptyPrompt, "the prompt is empty", hint: "Give some text.") }
        guard tokens.count < summary.contextTokens else { throw tooLong("\(tokens.count)") }
        return tokens
    }

    private func tooLong(_ count: String) -> EngineError {
        EngineError(
            .promptTooLong,
            "the prompt has \(count) tokens, and the context holds \(summary.contextTokens) for prompt and answer",
            hint: "Shorten the prompt, or set a larger --context"
                + (summary.trainedContextTokens > summary.contextTokens
                    ? " (the model was trained for \(summary.trainedContextTokens))." : "."))
    }

    private static func notText(_ name: String, _ obstacle: String) -> EngineError {
        EngineError(
            .notATextModel, "\(name) cannot continue text: \(obstacle)", hint: "Choose a text generation model.")
    }
}
