// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineClient
internal import EngineWire

/// `baigo rerank`: texts in the order of how well they answer a question.
struct ModelRerank: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "rerank",
        abstract: "Order texts by how well they answer a question.",
        discussion: """
            Texts are the arguments, else the lines of files, else the lines of standard input; empty lines are left out. \
            The best comes first: score, number of the text from 0, text. Scores are as the model gives them.

              baigo rerank bge-reranker "What is an air gap?" --file paragraphs.txt

            A text that cannot be used ends the command with its number, counted from 1, and nothing is written.

            Exit statuses: 3 no such model or file, 4 damaged model, 6 engine, or a text longer than the context.
            """)

    @Argument(help: "A reranking model of the store (name, name:version) or the path of a GGUF file.")
    var model: String

    @Argument(help: "The question.")
    var query: String

    @Argument(help: "Texts.")
    var text: [String] = []

    @Option(help: ArgumentHelp("A file with one text a line; repeatable.", valueName: "file"))
    var file: [String] = []

    @Option(help: ArgumentHelp("Show this many of the best only.", valueName: "count"))
    var top: Int?

    @OptionGroup(title: "Loading") var size: SizeOptions
    @OptionGroup(title: "Store") var place: HomeOption
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if let top, top < 1 { throw ValidationError("--top is at least 1.") }
    }

    func run(in context: CommandContext) throws {
        let running = try RunningModel.start(model, Loading(.scores, size), context)
        defer { running.close() }
        var texts: [String] = []
        try TextLines.forEach(text, files: file) { texts.append($0) }
        if texts.isEmpty {
            throw CLIError(.usage, "there is no text", hint: "Give it as an argument or on standard input.")
        }
        var scores: [Float] = []
        for start in stride(from: 0, to: texts.count, by: ModelEmbed.textsOfRequest) {
            let part = texts[start..<min(start + ModelEmbed.textsOfRequest, texts.count)]
            let request = EmbedRequest(
                inputs: part.map { .pair(question: query, text: $0) }, first: start)
            try running.session.embed(request) { scores.append($0.values.first ?? 0) }
        }
        let order = texts.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }.prefix(top ?? texts.count)
        if output.json {
            try context.output.result([
                "model": .string(running.name),
                "results": .array(
                    order.map {
                        ["index": .number($0), "score": .decimal("\(scores[$0])"), "text": .string(texts[$0])]
                    }),
            ])
        } else {
            for index in order {
                let shown = context.terminal.outputIsTerminal ? texts[index].escapedForOneLine : texts[index]
                try context.output.line("\(scores[index])\t\(index)\t\(shown)")
            }
        }
    }
}
