// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire
internal import Glibc

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
        try Self.checkFiles(request.modelPaths)
        let threads = try Self.inRange(request.threads ?? Processors.physicalCores, 1...512, "the number of threads")
        let name = Self.fileName(request.modelPaths)
        log.forget()
        let model = ModelHandle.load(paths: request.modelPaths) { fraction in
            progress(Double(min(max(fraction, 0), 1)))
            return control.pulse()
        }
        guard let model else { throw Self.loadFailure(request, name: name, control: control, log: log) }
        if let obstacle = model.obstacle { throw Self.notText(name, obstacle) }
        guard let vocabulary = Vocabulary(of: model), vocabulary.count > 0 else {
            throw Self.notText(name, "it has no vocabulary")
        }
        let trained = model.trainedContextTokens
        let wanted = try Self.inRange(
            request.contextTokens ?? min(trained > 0 ? trained : 4096, 4096), 1...Int(Int32.max), "the context length")
        log.forget()
        guard
            let context = ContextHandle(
                model: model, contextTokens: UInt32(wanted), threads: Int32(threads), control: control)
        else {
            throw EngineError(
                .contextFailed, "the engine could not make a context of \(wanted) tokens for \(name)" + log.reason,
                hint: "Try a smaller --context, or a host with more memory.")
        }
        guard context.hasMemory, !context.poolsOutput else { throw Self.notText(name, "it is an embedding model") }
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
    func render(_ messages: [ChatMessage], schema: String?) throws(EngineError) -> ChatPrompt {
        guard !messages.isEmpty else { throw EngineError(.invalidRequest, "the conversation has no message") }
        if let template { return try template.render(messages, schema: schema) }
        let compiled = try ChatTemplate(of: model, choice: nil)
        template = compiled
        return try compiled.render(messages, schema: schema)
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

    private static func checkFiles(_ paths: [String]) throws(EngineError) {
        guard !paths.isEmpty else { throw EngineError(.invalidRequest, "no model file is named") }
        for path in paths {
            var status = stat()
            guard !path.utf8.contains(0), stat(path, &status) == 0, access(path, R_OK) == 0 else {
                throw EngineError(
                    .modelMissing, "the model file \(path) cannot be read: \(String(cString: strerror(errno)))",
                    hint: "Check the path and the permissions.")
            }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw EngineError(.loadFailed, "\(path) is no regular file", hint: "Name a GGUF file.")
            }
        }
    }

    private static func loadFailure(
        _ request: LoadRequest, name: String, control: RunControl, log: EngineLog
    ) -> EngineError {
        if control.isCancelled { return EngineError(.cancelled, "the load of \(name) was cancelled") }
        let reason = log.reason
        if let path = request.modelPaths.first, let obstacle = FileKind.obstacle(ofFile: path) {
            return notText(name, obstacle)
        }
        return EngineError(
            .loadFailed, "the engine cannot load \(name)" + reason,
            hint: "Check that the file is complete and of a kind that llama.cpp \(EngineRelease.loaded) knows.")
    }

    private static func notText(_ name: String, _ obstacle: String) -> EngineError {
        EngineError(
            .notATextModel, "\(name) cannot continue text: \(obstacle)", hint: "Choose a text generation model.")
    }

    private static func fileName(_ paths: [String]) -> String {
        paths.first?.split(separator: "/").last.map(String.init) ?? "the model"
    }

    private static func inRange(
        _ value: Int, _ range: ClosedRange<Int>, _ name: String
    ) throws(EngineError) -> Int {
        guard range.contains(value) else {
            throw EngineError(
                .invalidRequest, "\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        return value
    }
}

extension EngineLog {
    /// The first error of the engine as the end of a sentence; empty when there is none.
    fileprivate var reason: String { errors.first.map { ": \($0)" } ?? "" }
}

extension Duration {
    /// Milliseconds with their fraction.
    var milliseconds: Double { Double(components.seconds) * 1e3 + Double(components.attoseconds) / 1e15 }
}
