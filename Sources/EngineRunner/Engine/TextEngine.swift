// SPDX-License-Identifier: Apache-2.0

internal import CLlamaChat
package import EngineWire
internal import Glibc

/// One llama.cpp engine: its backends and at most one loaded model.
///
/// Used by one thread, which needs a stack of many megabytes because model files decide how deep their chat
/// templates recurse.
package final class TextEngine {
    private let control: RunControl
    private let log: EngineLog
    private let libraryFolder: String
    private var loaded = Loaded.nothing

    private enum Loaded {
        case nothing
        case text(LoadedEngine)
        case vectors(VectorEngine)
        case vocabulary(Vocabulary)

        var vocabulary: Vocabulary? {
            switch self {
            case .nothing: nil
            case .text(let engine): engine.vocabulary
            case .vectors(let engine): engine.vocabulary
            case .vocabulary(let vocabulary): vocabulary
            }
        }
    }

    /// Loads the backends of this host.
    ///
    /// - Parameter control: Told about progress within computing code, and asked whether to go on.
    /// - Throws: `EngineError`, codes `incompatible` and `noBackend`.
    package init(control: RunControl) throws(EngineError) {
        // Backends come from the engine's own folder alone, and a dying engine starts no debugger.
        unsetenv("GGML_BACKEND_PATH")
        setenv("GGML_NO_BACKTRACE", "1", 1)
        self.control = control
        baigo_end_when_out_of_memory(WorkerExit.outOfMemory)
        log = EngineLog()
        try EngineRelease.check()
        libraryFolder = try Backends.load()
    }

    /// Whether backends for graphics cards lie beside this engine; none of them is loaded for it.
    package static var hasCardBackends: Bool { Backends.areForCards }

    /// Name and release of the engine.
    package static var name: String { "llama.cpp \(EngineRelease.loaded)" }

    /// Tells what the engine is.
    ///
    /// - Parameters:
    ///   - protections: Those of the process, in words.
    ///   - missing: Those that it could not have.
    /// - Returns: Releases, libraries and devices.
    package func description(protections: [String], missing: [String]) -> EngineDescription {
        let cpu = Backends.cpu
        let ggml = EngineRelease.ggml
        return EngineDescription(
            linkedVersion: EngineRelease.linked, loadedVersion: EngineRelease.loaded, ggmlVersion: ggml.version,
            ggmlCommit: ggml.commit, libraryFolder: libraryFolder, cpuBackend: cpu.library, cpuFeatures: cpu.features,
            devices: Backends.devices, protections: protections, missingProtections: missing)
    }

    /// Loads a model in place of the one before.
    ///
    /// - Parameters:
    ///   - request: What to load.
    ///   - progress: Called with 0 to 1 while the tensors are loaded.
    /// - Returns: What is known of the model.
    /// - Throws: `EngineError`, codes `modelMissing`, `loadFailed`, `notATextModel`, `notAVectorModel`,
    ///   `contextFailed`, `template`, `invalidRequest` and `cancelled`.
    package func load(_ request: LoadRequest, progress: (Double) -> Void) throws(EngineError) -> LoadedModel {
        loaded = .nothing
        switch request.purpose {
        case .text:
            let engine = try LoadedEngine(request, control: control, log: log, progress: progress)
            loaded = .text(engine)
            return engine.summary
        case .vectors, .scores:
            let engine = try VectorEngine(request, control: control, log: log, progress: progress)
            loaded = .vectors(engine)
            return engine.summary
        case .vocabulary:
            let start = SuspendingClock.now
            let model = try ModelLoading.load(request, control: control, log: log, progress: progress)
            guard let vocabulary = Vocabulary(of: model), vocabulary.count > 0 else {
                let name = ModelLoading.fileName(request.modelPaths)
                throw EngineError(
                    .notATextModel, "\(name) has no vocabulary", hint: "Choose a model that reads text.")
            }
            loaded = .vocabulary(vocabulary)
            return LoadedModel(
                modelDescription: model.summary, contextTokens: 0, trainedContextTokens: model.trainedContextTokens,
                hasChatTemplate: false, vocabularySize: vocabulary.count, parameterCount: 0, tensorBytes: 0,
                threads: 0, loadMilliseconds: start.duration(to: .now).milliseconds)
        }
    }

    /// Continues a prompt.
    ///
    /// - Parameters:
    ///   - request: The prompt, and how to go on.
    ///   - emit: Takes `promptProcessed` and `text` as they come.
    /// - Returns: How the answer ended.
    /// - Throws: `EngineError`, codes `noModel`, `promptTooLong`, `emptyPrompt`, `invalidRequest`, `template`
    ///   and `computeFailed`.
    package func generate(
        _ request: GenerateRequest, emit: @escaping (EngineEvent) -> Void
    ) throws(EngineError) -> GenerationResult {
        guard case .text(let engine) = loaded else { throw EngineError(.noModel, "no model for text is loaded") }
        return try engine.generate(request, emit: emit)
    }

    /// Continues several prompts together.
    ///
    /// - Parameters:
    ///   - batch: The number of the batch in the feed.
    ///   - feed: Gives the prompts, and how to go on.
    ///   - emit: Takes `wants`, and `answer` as they end.
    /// - Throws: `EngineError`, codes `noModel`, `computeFailed` and `cancelled`.
    package func answer(
        _ batch: UInt64, from feed: RequestFeed, emit: (EngineEvent) -> Void
    ) throws(EngineError) {
        guard case .text(let engine) = loaded else { throw EngineError(.noModel, "no model for text is loaded") }
        try engine.answer(batch, from: feed, emit: emit)
    }

    /// Measures how fast the model is.
    ///
    /// - Parameters:
    ///   - request: What to measure.
    ///   - emit: Takes `measuring` when a repetition begins.
    /// - Returns: The times.
    /// - Throws: `EngineError`, codes `noModel`, `invalidRequest`, `computeFailed` and `cancelled`.
    package func measure(
        _ request: MeasureRequest, emit: (EngineEvent) -> Void
    ) throws(EngineError) -> Measurement {
        guard case .text(let engine) = loaded else { throw EngineError(.noModel, "no model for text is loaded") }
        return try engine.measure(request) { emit(.measuring) }
    }

    /// Turns text into tokens, tokens into text, or a conversation into the text of its prompt, or looks at a request.
    ///
    /// - Parameters:
    ///   - request: Text, tokens, messages or a request.
    ///   - emit: Takes `pieces` or `text`.
    /// - Throws: `EngineError`, codes `noModel`, `promptTooLong`, `emptyPrompt`, `template` and `invalidRequest`.
    package func convert(_ request: ConvertRequest, emit: (EngineEvent) -> Void) throws(EngineError) {
        guard let vocabulary = loaded.vocabulary else { throw EngineError(.noModel, "no model is loaded") }
        switch request {
        case .text(let text, let marked):
            var rest = try vocabulary.tokens(of: text, marked: marked)[...]
            while !rest.isEmpty {
                emit(
                    .pieces(
                        tokens: rest.prefix(4096).map { token in
                            let bytes = vocabulary.bytes(of: token, showsSpecial: true)
                            return TokenPiece(id: token, text: String(decoding: bytes, as: UTF8.self))
                        }))
                rest = rest.dropFirst(4096)
            }
        case .tokens(let tokens):
            if let unknown = tokens.first(where: { !vocabulary.contains($0) }) {
                throw EngineError(
                    .invalidRequest, "the vocabulary has no token \(unknown)",
                    hint: "Its tokens have the numbers 0 to \(vocabulary.count - 1).")
            }
            Self.emit(vocabulary.bytes(of: tokens)[...], emit)
        case .conversation(let messages, let options):
            guard case .text(let engine) = loaded else { throw EngineError(.noModel, "no model for text is loaded") }
            if let tools = options.tools { _ = try ToolList(tools) }
            Self.emit(Array(try engine.render(messages, options, schema: nil).text.utf8)[...], emit)
        case .check(let request):
            guard case .text(let engine) = loaded else { throw EngineError(.noModel, "no model for text is loaded") }
            _ = try Answer(to: request, in: engine) { _ in }
        }
    }

    private static func emit(_ bytes: ArraySlice<UInt8>, _ emit: (EngineEvent) -> Void) {
        var assembler = UTF8Assembler()
        var rest = bytes
        while !rest.isEmpty {
            emit(.text(delta: TextDelta(channel: .content, text: assembler.append(Array(rest.prefix(65536))))))
            rest = rest.dropFirst(65536)
        }
        emit(.text(delta: TextDelta(channel: .content, text: assembler.finish())))
    }

    /// Makes vectors of texts, or scores of pairs.
    ///
    /// - Parameters:
    ///   - request: The texts.
    ///   - emit: Takes `vector`, in the order of the texts.
    /// - Throws: `EngineError`, codes `noModel`, `promptTooLong`, `emptyPrompt`, `computeFailed` and `cancelled`.
    package func embed(_ request: EmbedRequest, emit: (EngineEvent) -> Void) throws(EngineError) {
        guard case .vectors(let engine) = loaded else {
            throw EngineError(.noModel, "no model for vectors is loaded")
        }
        try engine.embed(request, emit: emit)
    }
}
