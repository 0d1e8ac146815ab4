// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineWire

/// How large a model's context is, and what computes.
struct SizeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Tokens of prompt and answer together, or of one text (default: the model's, 4096 at the most).",
            valueName: "tokens"))
    var context: Int?

    @OptionGroup var compute: ComputeOptions

    func validate() throws {
        if let context, !(1...16_777_216).contains(context) {
            throw ValidationError("--context is a number of tokens from 1 to 16777216.")
        }
    }

    /// Takes from other options what these do not say.
    mutating func complete(with kept: SizeOptions) {
        context = context ?? kept.context
        compute.complete(with: kept.compute)
    }
}

/// How a model for text is loaded.
struct LoadOptions: ParsableArguments {
    @OptionGroup var size: SizeOptions

    @Option(
        help: ArgumentHelp(
            """
            Chat template in place of the model's own: a Jinja file (a path with a slash, or ending in .jinja), or the \
            name of one that llama.cpp brings, such as chatml or llama3.
            """, valueName: "name|file"))
    var chatTemplate: String?

    @Option(
        help: ArgumentHelp(
            """
            A LoRA adapter: a GGUF file (a path with a slash, or ending in .gguf) or the name of one that came in the \
            model's package; =SCALE sets how strongly it works (default: 1); repeatable.
            """, valueName: "file|name[=scale]"))
    var adapter: [String] = []

    @OptionGroup var firstToken: FirstTokenOption

    /// The chat template that was chosen, with the text of its file.
    ///
    /// - Throws: `FileError`; `CLIError` for a file that is no text.
    func template() throws -> TemplateChoice? {
        guard let chatTemplate else { return nil }
        guard chatTemplate.contains("/") || chatTemplate.hasSuffix(".jinja") else { return .named(chatTemplate) }
        return .source(try TextInput.contents(of: chatTemplate))
    }

    /// What these options ask for.
    ///
    /// - Parameter sequences: Answers that are computed together.
    /// - Returns: How to load the model.
    /// - Throws: As `template()`.
    func loading(sequences: Int = 1) throws -> Loading {
        var loading = Loading(.text, size)
        loading.template = try template()
        loading.adapters = adapter
        loading.sequences = sequences
        return loading
    }
}

/// How a model is to be loaded.
struct Loading {
    let purpose: LoadRequest.Purpose
    /// Tokens of the context where the command decides that.
    private let contextTokens: Int?
    /// What else was asked for.
    private let compute: ComputeOptions?
    /// Tokens of the context that were asked for.
    private let context: Int?
    var template: TemplateChoice?
    /// Adapters as `--adapter` names them.
    var adapters: [String] = []
    /// Answers that are computed together.
    var sequences = 1

    /// Takes over the options of a command.
    init(_ purpose: LoadRequest.Purpose, _ size: SizeOptions) {
        self.purpose = purpose
        contextTokens = nil
        context = size.context
        compute = size.compute
    }

    /// The same for a command that says itself how large the context is.
    init(_ purpose: LoadRequest.Purpose, contextTokens: Int?, _ compute: ComputeOptions?) {
        self.purpose = purpose
        self.contextTokens = contextTokens
        context = nil
        self.compute = compute
    }

    /// Options that an engine may refuse, where the command line says nothing of them.
    var keysLeftToKeep: [String] {
        [
            ("context", contextTokens == nil && context == nil), ("device", compute?.device == nil),
            ("gpu-layers", compute?.gpuLayers == nil), ("main-gpu", compute?.mainGpu == nil),
        ].filter(\.1).map(\.0)
    }

    /// What the engine is asked for.
    ///
    /// - Parameters:
    ///   - files: The model.
    ///   - available: Bytes of memory that are free.
    /// - Returns: The request.
    /// - Throws: As `ModelFiles.adapter` and `ModelFiles.kept`.
    func request(for files: ModelFiles, available: UInt64?) throws -> LoadRequest {
        let kept = try files.kept()
        var compute = compute ?? kept.compute
        compute.complete(with: kept.compute)
        var request = LoadRequest(
            modelPaths: files.weights, contextTokens: contextTokens ?? context ?? kept.context,
            threads: compute.threads, chatTemplate: template, purpose: purpose, sequences: sequences,
            adapters: try adapters.map { try files.adapter($0) }, placement: compute.placement(available: available))
        request.memoryLimitBytes = compute.limit.bytes
        return request
    }
}
