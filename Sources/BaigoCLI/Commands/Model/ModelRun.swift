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
            The prompt is the argument, standard input, or both: the prompt, an empty line, then the input.

              baigo run qwen2.5-7b-instruct "What is a checksum?"
              baigo run qwen2.5-7b-instruct "Summarise this report." < report.txt
              baigo run --raw --temperature 0 ./stories.gguf "Once upon a time"

            Standard input is read unless it is a terminal; redirect it from /dev/null where it stays open.
            Exit statuses: 3 no such model, 4 damaged model, 6 engine.
            """)

    @Argument(help: "A model of the store (name, name:version) or the path of a GGUF file.")
    var model: String

    @Argument(help: "The prompt.")
    var prompt: String?

    @Option(help: ArgumentHelp("Instructions that stand before the prompt.", valueName: "text"))
    var system: String?

    @Flag(help: "Continue the prompt without a chat template (the default for a model that has none).")
    var raw = false

    @OptionGroup(title: "Sampling") var sampling: SamplingArguments
    @OptionGroup(title: "Loading") var loading: LoadOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if raw, system != nil { throw ValidationError("--system needs a chat template; leave out --raw.") }
    }

    func run(in context: CommandContext) throws {
        let prompt = try fullPrompt(context)
        let running = try RunningModel.start(model, loading, context)
        defer { running.close() }
        let answer = AnswerWriter(output.json ? nil : context.output, escaping: context.terminal.outputIsTerminal)
        let usesTemplate = !raw && running.loaded.hasChatTemplate
        if system != nil, !usesTemplate {
            throw CLIError(.usage, "\(running.name) has no chat template, so --system means nothing to it")
        }
        let request = GenerateRequest(
            prompt: usesTemplate ? .chat(messages: messages(prompt)) : .raw(text: prompt), sampling: sampling.options)
        let result = try running.session.generate(request) { delta in try answer.write(delta) }
        try answer.finish()
        if output.json { try context.output.result(json(answer, result, running, usesTemplate: usesTemplate)) }
    }

    private func fullPrompt(_ context: CommandContext) throws -> String {
        guard !context.terminal.inputIsTerminal else {
            guard let prompt else {
                throw CLIError(.usage, "there is no prompt", hint: "Give it as an argument or on standard input.")
            }
            return prompt
        }
        var reader = LineReader(try OwnedDescriptor.duplicating(0, path: "standard input"))
        let input = try reader.rest()
        switch (prompt, input.isEmpty) {
        case (let prompt?, true): return prompt
        case (let prompt?, false): return prompt + "\n\n" + input
        case (nil, false): return input
        case (nil, true):
            throw CLIError(.usage, "there is no prompt", hint: "Give it as an argument or on standard input.")
        }
    }

    private func messages(_ prompt: String) -> [ChatMessage] {
        (system.map { [ChatMessage(role: .system, content: $0)] } ?? []) + [ChatMessage(role: .user, content: prompt)]
    }

    private func json(
        _ answer: AnswerWriter, _ result: GenerationResult, _ running: RunningModel, usesTemplate: Bool
    ) -> [String: JSONValue] {
        [
            "model": .string(running.name), "text": .string(answer.content),
            "reasoning": answer.reasoning.isEmpty ? .null : .string(answer.reasoning),
            "finishReason": .string(result.finishReason.rawValue), "chatTemplate": .bool(usesTemplate),
            "seed": .integer(Int64(result.seed)), "usage": result.usageJSON, "timings": result.timingsJSON,
        ]
    }
}
