// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineClient
internal import EngineWire

/// `baigo tokenize`: text as the tokens of a model, and back.
struct ModelTokenize: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Show a text as the tokens of a model, or tokens as text.",
        discussion: """
            A line for each token: its number and its text. The text is the argument, the files, or standard input. Only \
            the vocabulary is loaded.

              baigo tokenize qwen2.5-7b-instruct "How many tokens?"
              baigo tokenize qwen2.5-7b-instruct --count --file report.txt
              baigo tokenize qwen2.5-7b-instruct --ids "Hello" | baigo tokenize qwen2.5-7b-instruct --decode

            Exit statuses: 3 no such model or file, 4 damaged model, 6 engine, 64 a number that is no token.
            """)

    @Argument(help: "A model of the store (name, name:version) or the path of a GGUF file.")
    var model: String

    @Argument(help: "The text, or with --decode the numbers.")
    var text: String?

    @Option(help: ArgumentHelp("A text file; repeatable.", valueName: "file"))
    var file: [String] = []

    @Flag(help: "Turn numbers, with blanks or commas between them, into text.")
    var decode = false

    @Flag(help: "Leave out the beginning and end tokens that the model wants.")
    var bare = false

    @Flag(help: "Show the numbers only, in one line.")
    var ids = false

    @Flag(help: "Show how many tokens there are, and nothing else.")
    var count = false

    @OptionGroup(title: "Store") var place: HomeOption
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if text != nil, !file.isEmpty {
            throw ValidationError("Give the text as an argument or with --file, not both.")
        }
        if decode, ids || count || bare {
            throw ValidationError("--decode gives text: leave out --ids, --count, --bare.")
        }
        if ids, count { throw ValidationError("--ids and --count exclude each other.") }
    }

    func run(in context: CommandContext) throws {
        let input = try input()
        let numbers = try decode ? Self.numbers(input) : []
        let running = try RunningModel.start(model, Loading(.vocabulary, contextTokens: nil, nil), context)
        defer { running.close() }
        if decode {
            let text = try running.session.text(of: numbers)
            guard !output.json else {
                return try context.output.result(["model": .string(running.name), "text": .string(text)])
            }
            try context.output.text(context.terminal.outputIsTerminal ? text.escapedForTerminal : text)
            if context.terminal.outputIsTerminal { try context.output.text("\n") }
        } else {
            try show(try running.session.tokens(of: input, marked: !bare), running, context)
        }
    }

    private func show(_ tokens: [TokenPiece], _ running: RunningModel, _ context: CommandContext) throws {
        if output.json {
            try context.output.result([
                "model": .string(running.name), "count": .number(tokens.count),
                "tokens": .array(tokens.map { ["id": .integer(Int64($0.id)), "text": .string($0.text)] }),
            ])
        } else if count {
            try context.output.line("\(tokens.count)")
        } else if ids {
            try context.output.line(tokens.map { "\($0.id)" }.joined(separator: " "))
        } else {
            for token in tokens { try context.output.line("\(token.id)\t\(token.text.escapedForOneLine)") }
        }
    }

    private func input() throws -> String {
        if let text { return text }
        if !file.isEmpty { return try file.map { try TextInput.contents(of: $0) }.joined() }
        var reader = LineReader(try OwnedDescriptor.duplicating(0, path: "standard input"))
        return try reader.rest()
    }

    private static func numbers(_ text: String) throws -> [Int32] {
        try text.split { $0 == "," || $0.isWhitespace }.map { word in
            guard let number = Int32(word) else {
                throw CLIError(
                    .usage, "“\(String(word).escapedForOneLine)” is not the number of a token",
                    hint: "Give numbers with blanks or commas between them.")
            }
            return number
        }
    }
}
