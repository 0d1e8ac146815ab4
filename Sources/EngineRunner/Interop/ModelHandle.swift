// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import Glibc

/// Owns one loaded model.
final class ModelHandle {
    let raw: OpaquePointer

    /// Takes over a model that the engine made.
    init(owning raw: OpaquePointer) {
        self.raw = raw
    }

    deinit { llama_model_free(raw) }

    /// Loads a model.
    ///
    /// - Parameters:
    ///   - paths: One file, the first shard, or all shards in order.
    ///   - parameters: Where it goes, and what is left out.
    ///   - progress: Called with 0 to 1 from the loading thread; `false` ends the load.
    /// - Returns: The model, or `nil` when the engine refused it; its log says why.
    static func load(paths: [String], parameters: LoadParameters, progress: (Float) -> Bool) -> ModelHandle? {
        withoutActuallyEscaping(progress) { progress in
            let observer = LoadObserver(progress)
            return withExtendedLifetime((observer, parameters)) {
                var parameters = parameters.raw
                parameters.progress_callback = { fraction, observer in
                    guard let observer else { return true }
                    return Unmanaged<LoadObserver>.fromOpaque(observer).takeUnretainedValue().progress(fraction)
                }
                parameters.progress_callback_user_data = Unmanaged.passUnretained(observer).toOpaque()
                return load(paths: paths, parameters: parameters)
            }
        }
    }

    private static func load(paths: [String], parameters: llama_model_params) -> ModelHandle? {
        if paths.count == 1, let path = paths.first {
            return llama_model_load_from_file(path, parameters).map(ModelHandle.init(owning:))
        }
        let copies = paths.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        var pointers = copies.map { UnsafePointer($0) }
        return llama_model_load_from_splits(&pointers, pointers.count, parameters).map(ModelHandle.init(owning:))
    }

    /// Loads a LoRA adapter, which lives as long as the model.
    ///
    /// - Returns: The adapter, or `nil` when the engine refused it; its log says why.
    func loadAdapter(path: String) -> OpaquePointer? { llama_adapter_lora_init(raw, path) }

    /// Architecture, size and quantization in the engine's words.
    var summary: String {
        var buffer = [CChar](repeating: 0, count: 256)
        let length = llama_model_desc(raw, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A value of the file's metadata as text; `nil` when it is absent or an array.
    func metadata(_ key: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 256)
        let length = llama_model_meta_val_str(raw, key, &buffer, buffer.count)
        guard length >= 0 else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The context length that the model was trained with, in tokens.
    var trainedContextTokens: Int { max(0, Int(llama_model_n_ctx_train(raw))) }

    /// Length of the sliding attention window in tokens; 0 where there is none.
    var windowTokens: Int { max(0, Int(llama_model_n_swa(raw))) }

    /// Whether the state after a token cannot be taken back to an earlier one.
    var keepsRunningState: Bool { llama_model_is_recurrent(raw) || llama_model_is_hybrid(raw) }

    /// Numbers that a vector of this model has.
    var vectorSize: Int { max(0, Int(llama_model_n_embd_out(raw))) }

    /// The template that pairs of question and text are put into; `nil` where there is none.
    var pairTemplate: String? { llama_model_chat_template(raw, "rerank").map(String.init(cString:)) }

    /// Why the model cannot continue text; `nil` when nothing of that kind is known.
    var obstacle: String? {
        if !llama_model_has_decoder(raw) { return "it has no decoder" }
        if llama_model_has_encoder(raw) { return "it needs an encoder" }
        if llama_model_is_diffusion(raw) { return "it is a diffusion model" }
        return nil
    }
}

/// Carries a closure through C; the engine keeps no pointer to it after the load.
private final class LoadObserver {
    let progress: (Float) -> Bool

    init(_ progress: @escaping (Float) -> Bool) {
        self.progress = progress
    }
}
