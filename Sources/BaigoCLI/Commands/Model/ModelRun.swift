// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineClient
internal import EngineWire

/// `baigo run`: one answer.
struct ModelRun: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Ask a model for one answer.",
        discussion: """
            The prompt is the argument, the files in their order, and standard input, with an empty line between them; any \
            of them may be missing.

              baigo run qwen2.5-7b-instruct "What is a checksum?"
              baigo run qwen2.5-7b-instruct "Summarise this report." < report.txt
              baigo run qwen2.5-7b-instruct "What differs?" --file old.txt --file new.txt < /dev/null
              baigo run qwen2.5-7b-instruct "Name and year?" --schema book.schema.json < book.txt
              baigo run --raw --temperature 0 ./stories.gguf "Once upon a time"
              baigo run qwen2.5-7b-instruct --batch questions.jsonl --output answers.jsonl

            Standard input is read unless it is a terminal; redirect it from /dev/null where it stays open.
            Exit statuses: 1 all requests of a batch failed, 2 some of them, 3 no such model or file, 4 damaged model, 6 engine, 64 a \
            grammar, schema or option that cannot be used.
            """)

    @Argument(help: "A model of the store (name, name:version) or the path of a GGUF file.")
    var model: String

    @Argument(help: "The prompt.")
    var prompt: String?

    @Option(help: ArgumentHelp("Instructions that stand before the prompt.", valueName: "text"))
    var system: String?

    @Option(help: ArgumentHelp("A text file that is part of the prompt; repeatable.", valueName: "file"))
    var file: [String] = []

    @Option(
        help: ArgumentHelp(
            "Hold the answer to a JSON Schema: a file, or the schema itself if it starts with a brace.",
            valueName: "file|json"))
    var schema: String?

    @Option(
        help: ArgumentHelp(
            "Hold the answer to a grammar in llama.cpp's GBNF: a file, or the grammar itself if it contains ::=.",
            valueName: "file|text"))
    var grammar: String?

    @Option(
        help: ArgumentHelp(
            "With --json: each token of the answer with its probability and this many of the likeliest.",
            valueName: "count"))
    var logprobs: Int?

    @Flag(help: "Continue the prompt without a chat template (the default for a model that has none).")
    var raw = false

    @Flag(help: "Print the prompt as the chat template renders it, and end.")
    var showPrompt = false

    @OptionGroup(title: "Conversation") var tools: ToolOptions
    @OptionGroup(title: "Many requests") var many: BatchOptions
    @OptionGroup(title: "Sampling") var sampling: SamplingArguments
    @OptionGroup(title: "Rarer sampling") var rarer: RareSamplingArguments
    @OptionGroup(title: "Loading") var loading: LoadOptions
    @OptionGroup(title: "Store") var place: HomeOption
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if raw, system != nil { throw ValidationError("--system needs a chat template; leave out --raw.") }
        if raw, loading.chatTemplate != nil {
            throw ValidationError("--raw uses no template; leave out --chat-template.")
        }
        if raw, tools.needsTemplate || showPrompt {
            throw ValidationError("--tools, --reasoning and --show-prompt need a chat template; leave out --raw.")
        }
        if tools.tools != nil, !output.json || schema != nil || grammar != nil {
            throw ValidationError("--tools goes with --json, and without --schema and --grammar.")
        }
        if many.batch != nil, tools.tools != nil || showPrompt {
            throw ValidationError("--batch goes neither with --tools nor with --show-prompt.")
        }
        if many.batch != nil, prompt != nil || !file.isEmpty || system != nil || logprobs != nil {
            throw ValidationError("--batch takes prompts and instructions from its file, and tells no probabilities.")
        }
        if many.batch != nil, loading.firstToken.firstTokenLimit != nil {
            throw ValidationError("--batch computes answers together, so --first-token-limit means nothing to it.")
        }
        if rarer.ignoreEnd, schema != nil || grammar != nil || tools.tools != nil {
            throw ValidationError("--ignore-end goes without --schema, --grammar and --tools, which end an answer.")
        }
        if schema != nil, grammar != nil { throw ValidationError("--schema and --grammar exclude each other.") }
        if let logprobs, !output.json || !(0...100).contains(logprobs) {
            throw ValidationError("--logprobs is a number from 0 to 100 and goes with --json.")
        }
    }

    func run(in context: CommandContext) throws {
        let options = try sampling.options(with: rarer)
        let form = try form()
        if let path = many.batch { return try answer(batch: path, options, form, context) }
        let prompt = try fullPrompt(context)
        let running = try RunningModel.start(model, try loading.loading(), context)
        defer { running.close() }
        let answer = AnswerWriter(output.json ? nil : context.output, escaping: context.terminal.outputIsTerminal)
        let usesTemplate = !raw && running.loaded.hasChatTemplate
        if system != nil, !usesTemplate {
            throw CLIError(.usage, "\(running.name) has no chat template, so --system means nothing to it")
        }
        try checkTemplate(running, usesTemplate: usesTemplate)
        let chat = try tools.options()
        if showPrompt { return try show(try running.session.rendered(messages(prompt), chat), running, context) }
        var request = GenerateRequest(
            prompt: usesTemplate ? .chat(messages: messages(prompt)) : .raw(text: prompt), sampling: options,
            stop: sampling.stop, form: form, likeliest: logprobs)
        request.chat = chat
        let result = try running.session.generate(
            request, firstTokenWithin: loading.firstToken.limit, onCalls: { answer.add($0) },
            onToken: { answer.add($0) }
        ) { try answer.write($0) }
        try answer.finish()
        if output.json { try context.output.result(json(answer, result, running, usesTemplate: usesTemplate)) }
    }

    private func answer(
        batch path: String, _ options: SamplingOptions, _ form: AnswerForm?, _ context: CommandContext
    ) throws {
        if let output = many.output { try OutputPlace.check(output, reading: [path]) }
        let input = try BatchInput(path)
        let target = try BatchOutput(path: many.output, context.output)
        let running = try RunningModel.start(
            model, try loading.loading(sequences: many.parallel ?? BatchOptions.usualParallel), context,
            mayAnswerFewer: many.parallel == nil)
        defer { running.close() }
        let usesTemplate = !raw && running.loaded.hasChatTemplate
        let base = self.base(options, form)
        try checkTemplate(running, usesTemplate: usesTemplate)
        try check(base, running, usesTemplate: usesTemplate)
        let run = BatchRun(
            running, input, target, base: base, usesTemplate: usesTemplate, loading: try LoadFingerprint(running))
        let before = target.done
        let counts = try run.answer()
        let total = counts.answered + counts.failed.count
        if !output.quiet, !output.json {
            let earlier = before > 0 ? ", \(before) of them by earlier runs" : ""
            try context.errorOutput.line(
                "\(total) requests, \(counts.failed.count) without an answer\(earlier); "
                    + "\(counts.promptTokens) tokens read, \(counts.answerTokens) written in "
                    + counts.duration.formatted(places: 2) + " s")
        }
        guard counts.failed.isEmpty else {
            let shown = counts.failed.sorted().prefix(20).map(String.init).joined(separator: ", ")
            let more = counts.failed.count > 20 ? " and \(counts.failed.count - 20) more" : ""
            throw CLIError(
                counts.answered == 0 ? .nothingAnswered : .partlyAnswered,
                "\(counts.failed.count) of \(total) requests were not answered: those with the index \(shown)\(more)",
                hint: "Their lines have the reasons under “error”."
                    + (many.output == nil ? "" : " The same command tries them again, as the batch has them then."))
        }
    }

    private func checkTemplate(_ running: RunningModel, usesTemplate: Bool) throws(CLIError) {
        guard tools.needsTemplate || showPrompt, !usesTemplate else { return }
        throw CLIError(
            .usage, "\(running.name) has no chat template for --tools, --reasoning or --show-prompt",
            hint: "Choose one with --chat-template.")
    }

    /// Finds out whether the options of the command could be used with any request of a batch.
    private func check(_ base: GenerateRequest, _ running: RunningModel, usesTemplate: Bool) throws {
        var request = base
        request.prompt = usesTemplate ? .chat(messages: messages("Hello")) : .raw(text: "Hello")
        do {
            try running.session.check(request)
        } catch let error as EngineError where [.promptTooLong, .emptyPrompt, .template].contains(error.code) {
            // These say something of the prompt, and are told with each line.
        }
    }

    private func base(_ options: SamplingOptions, _ form: AnswerForm?) -> GenerateRequest {
        var request = GenerateRequest(prompt: .raw(text: ""), sampling: options, stop: sampling.stop, form: form)
        request.chat = tools.thinking.options
        return request
    }

    private func show(_ prompt: String, _ running: RunningModel, _ context: CommandContext) throws {
        guard !output.json else {
            return try context.output.result(["model": .string(running.name), "prompt": .string(prompt)])
        }
        try context.output.text(context.terminal.outputIsTerminal ? prompt.escapedForTerminal : prompt)
    }

    private func fullPrompt(_ context: CommandContext) throws -> String {
        var parts = prompt.map { [$0] } ?? []
        parts += try file.map { try TextInput.contents(of: $0) }
        if !context.terminal.inputIsTerminal {
            var reader = LineReader(try OwnedDescriptor.duplicating(0, path: "standard input"))
            parts.append(try reader.rest())
        }
        parts.removeAll(where: \.isEmpty)
        guard !parts.isEmpty else {
            throw CLIError(
                .usage, "there is no prompt", hint: "Give it as an argument, with --file or on standard input.")
        }
        return parts.joined(separator: "\n\n")
    }

    private func form() throws -> AnswerForm? {
        if let grammar {
            let text = try TextInput.contents(of: grammar, unless: { $0.contains("::=") })
            guard !text.allSatisfy(\.isWhitespace) else {
                throw CLIError(.usage, "the grammar is empty", hint: "Give GBNF with a rule named root, or its file.")
            }
            return .grammar(text)
        }
        guard let schema else { return nil }
        let text = try TextInput.contents(of: schema, unless: { $0.first { !$0.isWhitespace } == "{" })
        do {
            _ = try JSONValue(strict: Array(text.utf8))
        } catch {
            throw CLIError(.usage, "the schema is not JSON: \(error.reason)", hint: "Give a JSON Schema, or its file.")
        }
        return .schema(text)
    }

    private func messages(_ prompt: String) -> [ChatMessage] {
        (system.map { [ChatMessage(role: .system, content: $0)] } ?? []) + [ChatMessage(role: .user, content: prompt)]
    }

    private func json(
        _ answer: AnswerWriter, _ result: GenerationResult, _ running: RunningModel, usesTemplate: Bool
    ) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "model": .string(running.name), "text": .string(answer.content),
            "reasoning": answer.reasoning.isEmpty ? .null : .string(answer.reasoning),
            "finishReason": .string(result.finishReason.rawValue), "chatTemplate": .bool(usesTemplate),
            "seed": .integer(Int64(result.seed)), "usage": result.usageJSON, "timings": result.timingsJSON,
        ]
        if logprobs != nil { members["logprobs"] = .array(answer.tokens.map(\.json)) }
        if tools.tools != nil { members["toolCalls"] = .array(answer.calls.map(\.json)) }
        return members
    }
}
