// SPDX-License-Identifier: Apache-2.0

internal import CLlama

/// What a GGUF file says it is, for the message after a failed load.
enum FileKind {
    /// Reads the header through the engine's own reader.
    ///
    /// - Returns: Why such a file is no text model; `nil` when it does not say so, or is no GGUF file.
    static func obstacle(ofFile path: String) -> String? {
        guard let file = gguf_init_from_file(path, gguf_init_params(no_alloc: true, ctx: nil)) else { return nil }
        defer { gguf_free(file) }
        let type = string("general.type", in: file)
        if type == "adapter" { return "it is an adapter for another model" }
        if type == "mmproj" || string("general.architecture", in: file) == "clip" {
            return "it is a projector for another model"
        }
        if let type, type != "model" { return "its type is “\(type)”" }
        if gguf_get_n_tensors(file) == 0 { return "it has a vocabulary but no weights" }
        return nil
    }

    private static func string(_ key: String, in file: OpaquePointer) -> String? {
        let index = gguf_find_key(file, key)
        guard index >= 0, gguf_get_kv_type(file, index) == GGUF_TYPE_STRING else { return nil }
        return gguf_get_val_str(file, index).map(String.init(cString:))
    }
}
