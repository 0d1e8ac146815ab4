// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineWire

/// What computes.
struct ComputeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Threads that compute (default: one a physical core).", valueName: "count"))
    var threads: Int?

    @OptionGroup var memory: MemoryOption

    func validate() throws {
        if let threads, !(1...512).contains(threads) {
            throw ValidationError("--threads is a number from 1 to 512.")
        }
    }
}

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
    var contextTokens: Int?
    var threads: Int?
    /// Private memory that the worker may use, in bytes.
    var memoryLimit: UInt64?
    var template: TemplateChoice?
    /// Adapters as `--adapter` names them.
    var adapters: [String] = []
    /// Answers that are computed together.
    var sequences = 1

    /// Takes over the options of a command.
    init(_ purpose: LoadRequest.Purpose, _ size: SizeOptions? = nil) {
        self.init(purpose, contextTokens: size?.context, size?.compute)
    }

    /// The same for a command that says itself how large the context is.
    init(_ purpose: LoadRequest.Purpose, contextTokens: Int?, _ compute: ComputeOptions?) {
        self.purpose = purpose
        self.contextTokens = contextTokens
        threads = compute?.threads
        memoryLimit = compute?.memory.bytes
    }
}
