// SPDX-License-Identifier: Apache-2.0

/// What a GGUF file is for.
package enum GGUFKind: String, Sendable, CaseIterable {
    /// A model that writes text.
    case text
    /// A model that makes embeddings or ranks.
    case embedding
    /// A LoRA adapter for a model.
    case adapter
    /// What turns images or sound into the embeddings of a model.
    case projector
    /// A vocabulary without tensors.
    case vocabulary
    /// Something else that goes with models: an importance matrix, a control vector, a data set.
    case auxiliary
}

/// The place of a file among the shards of a model.
package struct GGUFSplit: Sendable, Equatable {
    /// From 0.
    package let index: Int64
    /// Shards in all.
    package let count: Int64
    /// Tensors of all shards together, where the file says.
    package let tensorCount: Int64?

    /// Makes a place.
    package init(index: Int64, count: Int64, tensorCount: Int64?) {
        self.index = index
        self.count = count
        self.tensorCount = tensorCount
    }
}

extension GGUFHeader {
    private func text(_ key: String) -> String? {
        guard let text = metadata[key]?.text else { return nil }
        return text.isEmpty ? nil : text
    }

    /// The architecture: `llama`, `bert`; `nil` in shards after the first.
    package var architecture: String? { text("general.architecture") }
    /// The name for people.
    package var name: String? { text("general.name") }
    package var author: String? { text("general.author") }
    package var organization: String? { text("general.organization") }
    package var quantizedBy: String? { text("general.quantized_by") }
    package var basename: String? { text("general.basename") }
    package var sizeLabel: String? { text("general.size_label") }
    package var finetune: String? { text("general.finetune") }
    package var modelVersion: String? { text("general.version") }
    package var summary: String? { text("general.description") }
    /// Where the converted model is published.
    package var repositoryURL: String? { text("general.repo_url") ?? text("general.url") }
    /// Where the model came from before it was converted.
    package var originURL: String? { text("general.source.repo_url") ?? text("general.source.url") }
    /// The models that this one was made from: `owner/name` where the file gives an address on the Hub, else names.
    package var baseModels: [String] {
        let count = min(max(metadata["general.base_model.count"]?.integer ?? 0, 0), 16)
        return (0..<count).compactMap { index in
            let key = "general.base_model.\(index)."
            if let repository = text(key + "repo_url").flatMap(HubSnapshot.repository(of:)) { return repository }
            guard let name = text(key + "name") else { return nil }
            return text(key + "organization").map { "\($0)/\(name)" } ?? name
        }
    }
    package var languages: [String] { texts("general.languages") }
    package var tags: [String] { texts("general.tags") }

    private func texts(_ key: String) -> [String] {
        guard case .array(let values) = metadata[key] else { return [] }
        return values.compactMap(\.text).filter { !$0.isEmpty }
    }

    /// The licence as the file spells it.
    package var license: String? { text("general.license") }
    package var licenseName: String? { text("general.license.name") }
    package var licenseLink: String? { text("general.license.link") }

    /// Tokens of context the model was made for.
    package var contextLength: Int64? {
        architecture.flatMap { metadata["\($0).context_length"]?.integer }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// Elements of all tensors of this file.
    package var parameters: Int64 { tensors.elements }

    /// The quantization: the name of `general.file_type`, else of the type that most elements are stored in.
    package var quantization: String? {
        guard tensors.count > 0 else { return nil }
        let named = metadata["general.file_type"]?.integer.flatMap { QuantizationName.of(fileType: $0 & ~1024) }
        return named ?? tensors.mainType?.name
    }

    /// Shards of one model at the most: their names have five digits.
    static let maximumShards: Int64 = 99_999

    /// The place among shards; `nil` for a whole file.
    package var split: GGUFSplit? {
        guard let count = metadata["split.count"]?.integer, count > 1 else { return nil }
        return GGUFSplit(
            index: metadata["split.no"]?.integer ?? 0, count: count,
            tensorCount: metadata["split.tensors.count"]?.integer)
    }

    /// Whether the file brings a chat template.
    package var hasChatTemplate: Bool {
        switch metadata["tokenizer.chat_template"] {
        case .string(let template): !template.isEmpty
        case .longString: true
        case .unsigned, .signed, .float32, .float64, .bool, .array, .longArray, nil: false
        }
    }

    /// What the file is for.
    package var kind: GGUFKind {
        let type = text("general.type")
        if type == "adapter" || (type == nil && metadata["adapter.type"] != nil) { return .adapter }
        if type == "mmproj" || architecture == "clip" { return .projector }
        if type == "imatrix" || type == "dataset" || architecture == "controlvector" { return .auxiliary }
        if tensors.count == 0 && split == nil { return .vocabulary }
        guard let architecture else { return .text }
        let pools = (metadata["\(architecture).pooling_type"]?.integer ?? 0) > 0
        return pools || Self.encoders.contains(architecture) ? .embedding : .text
    }

    /// Architectures of llama.cpp 0.5.0 that only encode.
    private static let encoders: Set<String> = [
        "bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3", "eurobert",
        "gemma-embedding", "llama-embed", "t5encoder",
    ]
}
