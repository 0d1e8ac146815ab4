// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import CLlamaChat

/// What a model and its context would take of each memory, measured by the engine without allocating it.
struct MemoryNeed {
    /// One memory.
    struct Part {
        /// The device as the engine calls it; empty for the memory of the host.
        let device: String
        let free: UInt64
        let weights: UInt64
        let context: UInt64
        let computing: UInt64

        /// Everything together.
        var bytes: UInt64 { weights + context + computing }
    }

    /// The host's memory stands last.
    let parts: [Part]
    /// The context length that the model was trained with, in tokens; 0 where unknown.
    let trainedTokens: Int

    /// Measures a load.
    ///
    /// - Parameters:
    ///   - path: The model's first file.
    ///   - model: How it would be loaded.
    ///   - context: The context it would have.
    ///
    /// The result is `nil` when the engine cannot tell, most often because it cannot load the model either.
    init?(of path: String, _ model: LoadParameters, _ context: llama_context_params) {
        let capacity = llama_max_devices() + 1
        var uses = [baigo_memory_use](repeating: baigo_memory_use(), count: capacity)
        var trained: UInt32 = 0
        var (parameters, context) = (model.raw, context)
        parameters.progress_callback = nil
        var failure: OpaquePointer?
        let count = withExtendedLifetime(model) {
            baigo_fit_measure(path, &parameters, &context, &uses, capacity, &trained, &failure)
        }
        guard count > 0 else {
            if let failure { baigo_chat_error_free(failure) }
            return nil
        }
        trainedTokens = Int(trained)
        parts = uses.prefix(count).map { use in
            Part(
                device: withUnsafeBytes(of: use.device) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) },
                free: use.free, weights: use.weights, context: use.context, computing: use.computing)
        }
    }
}
