// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineClient
internal import EngineWire

/// `baigo chat`: a conversation.
struct ModelChat: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk with a model.",
        discussion: """
            Each line is a turn; /system TEXT gives instructions, /clear forgets what was said, /exit ends. Ctrl-C stops \
            the answer and not the conversation. Without a terminal every line of standard input is a turn.

            A turn that does not fit in the context with what was said before is refused, and the conversation goes on \
            without it; without a terminal the command then ends with status 6 after the last turn.

              baigo chat qwen2.5-7b-instruct --system "Answer in one sentence."

            Exit statuses: 3 no such model or file, 4 damaged model, 6 engine, or a turn that did not fit, 64 an option \
            that cannot be used.
            """)

    @Argument(help: "A model of the store (name, name:version) or the path of a GGUF file.")
    var model: String

    @Option(help: ArgumentHelp("Instructions that stand before the conversation.", valueName: "text"))
    var system: String?

    @OptionGroup(title: "Conversation") var thinking: ReasoningOption
    @OptionGroup(title: "Sampling") var sampling: SamplingArguments
    @OptionGroup(title: "Rarer sampling") var rarer: RareSamplingArguments
    @OptionGroup(title: "Loading") var loading: LoadOptions
    @OptionGroup(title: "Store") var place: HomeOption
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let options = try sampling.options(with: rarer)
        let running = try RunningModel.start(model, try loading.loading(), context)
        defer { running.close() }
        if !running.loaded.hasChatTemplate, !output.quiet {
            try context.errorOutput.line(
                "warning: \(running.name.escapedForOneLine) has no chat template; ChatML is used (see --chat-template)")
        }
        var conversation = Conversation(system: system)
        var reader = LineReader(try OwnedDescriptor.duplicating(0, path: "standard input"))
        let isAsking = context.terminal.inputIsTerminal && !output.quiet
        if isAsking {
            try context.errorOutput.line("\(running.name): /exit ends, /clear forgets, /system TEXT instructs")
        }
        var refused: EngineError?
        try context.interrupts.withHandler({ running.session.cancel() }) {
            turns: while true {
                if isAsking { try context.errorOutput.text("> ") }
                guard let line = try reader.next() else { break }
                switch Conversation.Turn(line) {
                case .nothing: continue
                case .exit: break turns
                case .clear: conversation.clear()
                case .system(let text): conversation.instruct(text)
                case .unknown(let command):
                    try context.errorOutput.line("there is no command \(command.escapedForOneLine)")
                case .say(let text):
                    do {
                        try answer(text, in: &conversation, options, running, context)
                    } catch let error as EngineError where error.code == .promptTooLong {
                        refused = error
                        try tell(error, context)
                    }
                }
            }
        }
        if isAsking, reader.isOver { try context.errorOutput.text("\n") }
        if let refused, !context.terminal.inputIsTerminal { throw ResultStatus(exitStatus: refused.exitStatus) }
    }

    /// Says why a turn has no answer, and what would help.
    private func tell(_ error: EngineError, _ context: CommandContext) throws {
        let shown = EngineError(
            error.code, error.message,
            hint: "Say less, forget what was said with /clear, or start with a larger --context.")
        if output.json { try context.output.event(["role": "assistant", "error": shown.batchJSON]) }
        try context.show(shown, asJSON: output.json)
    }

    private func answer(
        _ text: String, in conversation: inout Conversation, _ options: SamplingOptions, _ running: RunningModel,
        _ context: CommandContext
    ) throws {
        let answer = AnswerWriter(output.json ? nil : context.output, escaping: context.terminal.outputIsTerminal)
        var request = GenerateRequest(
            prompt: .chat(messages: conversation.messages(asking: text)), sampling: options, stop: sampling.stop)
        request.chat = thinking.options
        let result = try running.session.generate(request, firstTokenWithin: loading.firstToken.limit) { delta in
            try answer.write(delta)
        }
        try answer.finish()
        if result.finishReason != .cancelled || !answer.content.isEmpty {
            conversation.add(question: text, answer: answer.content)
        }
        guard output.json else { return }
        try context.output.event([
            "role": "assistant", "text": .string(answer.content),
            "reasoning": answer.reasoning.isEmpty ? .null : .string(answer.reasoning),
            "finishReason": .string(result.finishReason.rawValue), "seed": .integer(Int64(result.seed)),
            "usage": result.usageJSON, "timings": result.timingsJSON,
        ])
    }
}
