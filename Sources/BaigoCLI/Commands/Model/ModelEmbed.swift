// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineClient
internal import EngineWire

/// `baigo embed`: texts as vectors.
struct ModelEmbed: BaigoCommand {
    /// Texts of one request to the engine, which puts as many of them together as its context takes.
    static let textsOfRequest = 256

    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Turn texts into vectors.",
        discussion: """
            Texts are the arguments, else the lines of files, else the lines of standard input; empty lines are left out. \
            Each gives a line with its vector, pooled as the model says and of length 1: the product of two vectors is the \
            likeness of their texts.

              baigo embed all-minilm "A cat sleeps." "Die Katze schläft."
              baigo embed all-minilm --json < sentences.txt

            A text that cannot be used ends the command with its number, counted from 1; the vectors of all texts before \
            it are written.

            Exit statuses: 3 no such model or file, 4 damaged model, 6 engine, or a text longer than the context.
            """)

    @Argument(help: "An embedding model of the store (name, name:version) or the path of a GGUF file.")
    var model: String

    @Argument(help: "Texts.")
    var text: [String] = []

    @Option(help: ArgumentHelp("A file with one text a line; repeatable.", valueName: "file"))
    var file: [String] = []

    @OptionGroup(title: "Loading") var size: SizeOptions
    @OptionGroup(title: "Store") var place: HomeOption
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let running = try RunningModel.start(model, Loading(.vectors, size), context)
        defer { running.close() }
        var waiting: [String] = []
        var done = 0
        func flush() throws {
            try running.session.embed(EmbedRequest(inputs: waiting.map { .text($0) }, first: done)) { vector in
                try show(vector, context)
            }
            done += waiting.count
            waiting.removeAll()
        }
        try TextLines.forEach(text, files: file) { text in
            waiting.append(text)
            if waiting.count == Self.textsOfRequest { try flush() }
        }
        if !waiting.isEmpty { try flush() }
        if done == 0 {
            throw CLIError(.usage, "there is no text", hint: "Give it as an argument or on standard input.")
        }
    }

    private func show(_ vector: TextVector, _ context: CommandContext) throws {
        if output.json {
            try context.output.event([
                "index": .number(vector.index), "tokens": .number(vector.tokens),
                "embedding": .array(vector.values.map { .decimal("\($0)") }),
            ])
        } else {
            try context.output.line(vector.values.map { "\($0)" }.joined(separator: " "))
        }
    }
}
