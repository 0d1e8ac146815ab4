// SPDX-License-Identifier: Apache-2.0

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
    private var loaded: LoadedEngine?

    /// Loads the backends of this host.
    ///
    /// - Parameter control: Told about progress within computing code, and asked whether to go on.
    /// - Throws: `EngineError`, codes `incompatible` and `noBackend`.
    package init(control: RunControl) throws(EngineError) {
        // Backends come from the engine's own folder alone, and a dying engine starts no debugger.
        unsetenv("GGML_BACKEND_PATH")
        setenv("GGML_NO_BACKTRACE", "1", 1)
        self.control = control
        log = EngineLog()
        try EngineRelease.check()
        libraryFolder = try Backends.load()
    }

    /// Name and release of the engine.
    package static var name: String { "llama.cpp \(EngineRelease.loaded)" }

    /// Tells what the engine is.
    ///
    /// - Parameter protections: Those of the process, in words.
    /// - Returns: Releases, libraries and devices.
    package func description(protections: [String]) -> EngineDescription {
        let cpu = Backends.cpu
        let ggml = EngineRelease.ggml
        return EngineDescription(
            linkedVersion: EngineRelease.linked, loadedVersion: EngineRelease.loaded, ggmlVersion: ggml.version,
            ggmlCommit: ggml.commit, libraryFolder: libraryFolder, cpuBackend: cpu.library, cpuFeatures: cpu.features,
            devices: Backends.devices, protections: protections)
    }

    /// Loads a model in place of the one before.
    ///
    /// - Parameters:
    ///   - request: What to load.
    ///   - progress: Called with 0 to 1 while the tensors are loaded.
    /// - Returns: What is known of the model.
    /// - Throws: `EngineError`, codes `modelMissing`, `loadFailed`, `notATextModel`, `contextFailed`, `template`,
    ///   `invalidRequest` and `cancelled`.
    package func load(_ request: LoadRequest, progress: (Double) -> Void) throws(EngineError) -> LoadedModel {
        loaded = nil
        let engine = try LoadedEngine(request, control: control, log: log, progress: progress)
        loaded = engine
        return engine.summary
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
        guard let loaded else { throw EngineError(.noModel, "no model is loaded") }
        return try loaded.generate(request, emit: emit)
    }
}
