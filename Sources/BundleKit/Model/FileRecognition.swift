// SPDX-License-Identifier: Apache-2.0

/// What the name of a file in a model's folder tells.
enum FileRecognition: Equatable {
    /// A GGUF file, whose header tells more.
    case gguf
    /// Weights in another format.
    case weights(WeightFormat)
    /// Something that goes with weights.
    case companion(FileRole)
    case unknown

    /// Formats of weights that are carried without being read.
    enum WeightFormat: String, CaseIterable {
        case safetensors, onnx, pytorch
    }

    /// Recognises a file by its base name, in any case.
    init(_ name: String) {
        let name = name.lowercased()
        if name.hasSuffix(".gguf") {
            self = .gguf
        } else if name.hasPrefix("adapter_model.") {
            self = .companion(.adapter)
        } else if let format = Self.format(of: name) {
            self = .weights(format)
        } else if let role = Self.companion(name) {
            self = .companion(role)
        } else {
            self = .unknown
        }
    }

    /// What a file is for, by its name alone.
    static func role(of path: String) -> FileRole {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        if path == PackageEntryName.metadata { return .metadata }
        switch FileRecognition(name) {
        case .gguf: return name.lowercased().contains("mmproj") ? .projector : .weights
        case .weights: return .weights
        case .companion(let role): return role
        case .unknown: return .other
        }
    }

    private static func format(of name: String) -> WeightFormat? {
        if name.hasSuffix(".safetensors") { return .safetensors }
        if [".onnx", ".onnx_data", ".onnx.data"].contains(where: name.hasSuffix) { return .onnx }
        if [".pt", ".pth", ".ckpt"].contains(where: name.hasSuffix) { return .pytorch }
        return name.hasPrefix("pytorch_model") && name.hasSuffix(".bin") ? .pytorch : nil
    }

    private static let tokenizers: Set<String> = [
        "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json", "vocab.txt", "merges.txt",
        "special_tokens_map.json", "added_tokens.json", "chat_template.jinja", "chat_template.json", "spiece.model",
        "sentencepiece.bpe.model", "tekken.json",
    ]

    private static func companion(_ name: String) -> FileRole? {
        if tokenizers.contains(name) || name.hasSuffix(".tiktoken") { return .tokenizer }
        if ["license", "licence", "copying", "notice"].contains(where: name.hasPrefix) { return .license }
        if name == "readme.md" || name == "readme" || name.hasPrefix("model_card") { return .card }
        guard name.hasSuffix(".json") else { return nil }
        if name.contains("config") || name.contains("params") { return .config }
        return name == "modules.json" || name.hasSuffix(".index.json") ? .config : nil
    }
}
