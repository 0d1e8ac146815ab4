// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire

/// A model that makes vectors or scores.
final class VectorEngine {
    let vocabulary: Vocabulary
    let summary: LoadedModel

    private let model: ModelHandle
    private let context: ContextHandle
    private let control: RunControl
    private let name: String

    /// Loads a model and makes its context.
    ///
    /// - Throws: `EngineError` as `TextEngine.load` says.
    init(
        _ request: LoadRequest, control: RunControl, log: EngineLog, progress: (Double) -> Void
    ) throws(EngineError) {
        let start = SuspendingClock.now
        let threads = try ModelLoading.threads(request)
        name = ModelLoading.fileName(request.modelPaths)
        model = try ModelLoading.load(request, control: control, log: log, progress: progress)
        guard let vocabulary = Vocabulary(of: model), vocabulary.count > 0 else {
            throw Self.unsuitable(name, "it has no vocabulary")
        }
        if llama_model_has_encoder(model.raw), llama_model_has_decoder(model.raw) {
            throw Self.unsuitable(name, "it has an encoder and a decoder")
        }
        let context = try ModelLoading.context(
            request, model: model, threads: threads, control: control, log: log)
        guard context.poolsOutput else { throw Self.unsuitable(name, "it is not made for vectors") }
        guard context.makesScores == (request.purpose == .scores) else {
            throw Self.unsuitable(
                name, context.makesScores ? "it scores pairs of texts (baigo rerank)" : "it makes vectors, not scores")
        }
        self.vocabulary = vocabulary
        self.context = context
        self.control = control
        summary = LoadedModel(
            modelDescription: model.summary, contextTokens: min(context.contextTokens, context.batchTokens),
            trainedContextTokens: model.trainedContextTokens, hasChatTemplate: false,
            vocabularySize: vocabulary.count, parameterCount: llama_model_n_params(model.raw),
            tensorBytes: llama_model_size(model.raw), threads: threads,
            vectorSize: context.makesScores ? 1 : model.vectorSize,
            loadMilliseconds: start.duration(to: .now).milliseconds)
    }

    /// Makes vectors of texts, or scores of pairs, as many at a time as the context takes.
    ///
    /// All inputs before one that cannot be used are computed.
    ///
    /// - Throws: `EngineError` as `TextEngine.embed` says.
    func embed(_ request: EmbedRequest, emit: (EngineEvent) -> Void) throws(EngineError) {
        var waiting: [[llama_token]] = []
        var next = request.first
        for (index, input) in zip(request.first..., request.inputs) {
            let tokens: [llama_token]
            do throws(EngineError) {
                tokens = try self.tokens(of: input, index: index)
            } catch {
                if !waiting.isEmpty { try compute(waiting, from: next, emit: emit) }
                throw error
            }
            let held = waiting.reduce(0) { $0 + $1.count }
            if held + tokens.count > summary.contextTokens || waiting.count == context.sequences {
                try compute(waiting, from: next, emit: emit)
                next = index
                waiting = []
            }
            waiting.append(tokens)
        }
        if !waiting.isEmpty { try compute(waiting, from: next, emit: emit) }
    }

    private func compute(
        _ sequences: [[llama_token]], from first: Int, emit: (EngineEvent) -> Void
    ) throws(EngineError) {
        switch context.compute(sequences) {
        case .done: break
        case .aborted: throw EngineError(.cancelled, "making vectors was cancelled")
        case .failed(let code):
            throw EngineError(
                .computeFailed, "the engine could not compute (code \(code))",
                hint: "Try a smaller --context, or a host with more memory.")
        }
        if control.isCancelled { throw EngineError(.cancelled, "making vectors was cancelled") }
        for (number, tokens) in sequences.enumerated() {
            guard let values = context.pooled(sequence: number, count: summary.vectorSize),
                values.allSatisfy(\.isFinite)
            else {
                throw EngineError(.computeFailed, "\(name) gave no numbers for text \(first + number + 1)")
            }
            guard let made = context.makesScores ? values : Self.normalised(values) else {
                throw EngineError(
                    .computeFailed, "\(name) gave a vector of length 0 for text \(first + number + 1)",
                    hint: "Its file is damaged, or made for something else; get it again from its maker.")
            }
            emit(.vector(vector: TextVector(index: first + number, values: made, tokens: tokens.count)))
        }
    }

    /// Source: llama.cpp, tools/server/server-common.cpp, format_prompt_rerank.
    private func tokens(of input: EmbedRequest.Input, index: Int) throws(EngineError) -> [llama_token] {
        let tokens: [llama_token]
        switch input {
        case .text(let text): tokens = try vocabulary.tokens(of: text)
        case .pair(let question, let text):
            if let template = model.pairTemplate {
                let whole = Self.filled(template, ["{query}": question, "{document}": text])
                tokens = try vocabulary.tokens(of: whole, marked: false)
            } else {
                tokens = vocabulary.pair(
                    try vocabulary.tokens(of: question, marked: false, readsSpecial: false),
                    try vocabulary.tokens(of: text, marked: false, readsSpecial: false))
            }
        }
        guard !tokens.isEmpty else {
            throw EngineError(.emptyPrompt, "text \(index + 1) is empty", hint: "Give some text.")
        }
        guard tokens.count <= summary.contextTokens else {
            throw EngineError(
                .promptTooLong,
                "text \(index + 1) has \(tokens.count) tokens, and the context holds \(summary.contextTokens)",
                hint:
                    "Cut it into pieces, or set a larger --context (the model was trained for \(summary.trainedContextTokens))."
            )
        }
        return tokens
    }

    /// Replaces each mark once, in one pass: what stands in a text is not replaced again.
    private static func filled(_ template: String, _ values: [String: String]) -> String {
        var result = ""
        var rest = Substring(template)
        while let brace = rest.firstIndex(of: "{") {
            result += rest[..<brace]
            rest = rest[brace...]
            if let (mark, value) = values.first(where: { rest.hasPrefix($0.key) }) {
                result += value
                rest = rest.dropFirst(mark.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result + rest
    }

    /// A vector of length 1; `nil` for one of length 0, which has no direction.
    private static func normalised(_ values: [Float]) -> [Float]? {
        let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        return length > 0 ? values.map { Float(Double($0) / length) } : nil
    }

    private static func unsuitable(_ name: String, _ reason: String) -> EngineError {
        EngineError(
            .notAVectorModel, "\(name) cannot be used for this: \(reason)",
            hint: "baigo embed needs an embedding model, baigo rerank a reranking model.")
    }
}
