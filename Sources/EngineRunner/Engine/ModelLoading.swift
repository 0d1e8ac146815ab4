// SPDX-License-Identifier: Apache-2.0

internal import EngineWire
internal import Glibc

/// The steps of a load that all purposes share.
enum ModelLoading {
    /// Tokens of a context that nobody gave a size, where the model was trained for so many.
    static let usualContextTokens = 4096

    /// Loads a model, if it fits.
    ///
    /// - Throws: `EngineError`, codes `modelMissing`, `doesNotFit`, `loadFailed`, `outOfMemory`, `notATextModel`,
    ///   `invalidRequest`, `cancelled`.
    static func load(
        _ request: LoadRequest, control: RunControl, log: EngineLog, progress: (Double) -> Void
    ) throws(EngineError) -> ModelHandle {
        try checkFiles(request.modelPaths + request.adapters.map(\.path))
        NUMANodes.prepare(request.placement.numa)
        let parameters = try LoadParameters(request)
        try ModelFit(request: request, threads: try threads(request), parameters: parameters).check()
        log.forget()
        let (model, ranOut) = MemoryLimit.watch {
            ModelHandle.load(paths: request.modelPaths, parameters: parameters) { fraction in
                progress(Double(min(max(fraction, 0), 1)))
                return control.pulse()
            }
        }
        guard let model else {
            if ranOut { throw outOfMemory("loading \(fileName(request.modelPaths))", log) }
            throw failure(request, control: control, log: log)
        }
        return model
    }

    /// Makes a context.
    ///
    /// - Throws: `EngineError`, codes `contextFailed`, `outOfMemory` and `invalidRequest`.
    static func context(
        _ request: LoadRequest, model: ModelHandle, threads: Int, control: RunControl, log: EngineLog
    ) throws(EngineError) -> ContextHandle {
        let trained = model.trainedContextTokens
        let usual = trained > 0 ? min(trained, usualContextTokens) : usualContextTokens
        let wanted = request.contextTokens ?? usual
        let options = try contextOptions(request, tokens: wanted, threads: threads)
        log.forget()
        let (made, ranOut) = MemoryLimit.watch { ContextHandle(model: model, options: options, control: control) }
        guard let context = made else {
            if ranOut {
                throw outOfMemory(
                    "making a context of \(wanted * request.sequences) tokens for \(fileName(request.modelPaths))", log)
            }
            let isCacheType = request.placement.cacheType != nil && log.reason.contains("cache")
            throw EngineError(
                .contextFailed,
                "the engine could not make a context of \(wanted * request.sequences) tokens for "
                    + fileName(request.modelPaths) + log.reason,
                hint: isCacheType
                    ? "Choose another --cache-type, such as f16: not every type fits every model."
                    : "Try a smaller --context, or a host with more memory.")
        }
        return context
    }

    /// What the context of a request is to be.
    ///
    /// - Throws: `EngineError`, code `invalidRequest`.
    static func contextOptions(
        _ request: LoadRequest, tokens: Int, threads: Int
    ) throws(EngineError) -> ContextOptions {
        let wanted = try inRange(tokens, 1...Int(Int32.max), "the context length")
        let answers = try inRange(request.sequences, 1...256, "the number of answers at a time")
        guard wanted * answers <= Int(Int32.max) else {
            throw EngineError(
                .invalidRequest, "\(answers) answers of \(wanted) tokens are more than an engine can count",
                hint: "Choose a smaller --context or --parallel.")
        }
        return ContextOptions(
            tokens: UInt32(wanted), threads: Int32(threads), makesVectors: request.purpose != .text,
            answers: UInt32(answers), flashAttention: request.placement.flashAttention,
            cacheType: request.placement.cacheType)
    }

    /// Lays the adapters of a request over the weights.
    ///
    /// - Throws: `EngineError`, codes `loadFailed` and `invalidRequest`.
    static func apply(
        _ adapters: [LoadRequest.Adapter], to model: ModelHandle, _ context: ContextHandle, log: EngineLog
    ) throws(EngineError) {
        guard !adapters.isEmpty else { return }
        var handles: [(OpaquePointer, Float)] = []
        for adapter in adapters {
            guard (-1000.0...1000.0).contains(adapter.scale) else {
                throw EngineError(
                    .invalidRequest, "the scale of an adapter must be from -1000 to 1000, not \(adapter.scale)")
            }
            log.forget()
            guard let handle = model.loadAdapter(path: adapter.path) else {
                throw EngineError(
                    .loadFailed, "the engine cannot use the adapter \(fileName([adapter.path]))" + log.reason,
                    hint: "An adapter is a LoRA in GGUF that was made for this model.")
            }
            handles.append((handle, Float(adapter.scale)))
        }
        guard context.apply(handles) else {
            throw EngineError(.loadFailed, "the engine cannot apply the adapters to the model")
        }
    }

    /// The number of threads to compute with.
    ///
    /// - Throws: `EngineError`, code `invalidRequest`.
    static func threads(_ request: LoadRequest) throws(EngineError) -> Int {
        try inRange(request.threads ?? Processors.physicalCores, 1...512, "the number of threads")
    }

    /// The name of the first file, for messages.
    static func fileName(_ paths: [String]) -> String {
        paths.first?.split(separator: "/").last.map(String.init) ?? "the model"
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

    private static func failure(_ request: LoadRequest, control: RunControl, log: EngineLog) -> EngineError {
        let name = fileName(request.modelPaths)
        if control.isCancelled { return EngineError(.cancelled, "the load of \(name) was cancelled") }
        let reason = log.reason
        if let path = request.modelPaths.first, let obstacle = FileKind.obstacle(ofFile: path) {
            return EngineError(
                .notATextModel, "\(name) cannot be run: \(obstacle)", hint: "Choose a text generation model.")
        }
        return EngineError(
            .loadFailed, "the engine cannot load \(name)" + reason,
            hint: "Check that the file is complete and of a kind that llama.cpp \(EngineRelease.loaded) knows.")
    }

    private static func outOfMemory(_ activity: String, _ log: EngineLog) -> EngineError {
        EngineError(
            .outOfMemory, "the engine ran out of memory while \(activity)" + log.reason,
            hint: "Try a smaller --context, a larger --memory-limit, a smaller model, or a host with more memory.")
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
