// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineWire

extension ChatOptions.Reasoning: ExpressibleByArgument {}
extension ChatOptions.ToolChoice: ExpressibleByArgument {}

/// Whether a model thinks.
struct ReasoningOption: ParsableArguments {
    @Option(help: ArgumentHelp("Whether a model that can think does so before it answers.", valueName: "auto|on|off"))
    var reasoning: ChatOptions.Reasoning = .auto

    /// What these options ask for.
    var options: ChatOptions {
        var options = ChatOptions()
        options.reasoning = reasoning
        return options
    }
}

/// Tools that a model may call.
struct ToolOptions: ParsableArguments {
    @OptionGroup var thinking: ReasoningOption

    @Option(
        help: ArgumentHelp(
            """
            With --json: tools that the model may call, a JSON array in the form of OpenAI's API; the calls are told as \
            toolCalls and not carried out.
            """, valueName: "file"))
    var tools: String?

    @Option(
        help: ArgumentHelp(
            "Whether the answer calls a tool: as the model decides, always, never.", valueName: "auto|required|none"))
    var toolChoice: ChatOptions.ToolChoice = .auto

    func validate() throws {
        if tools == nil, toolChoice != .auto { throw ValidationError("--tool-choice goes with --tools.") }
    }

    /// Whether something is asked of a chat template.
    var needsTemplate: Bool { tools != nil || thinking.reasoning != .auto }

    /// What these options ask for.
    ///
    /// - Throws: `FileError`; `CLIError` for a file that is no text.
    func options() throws -> ChatOptions {
        var options = thinking.options
        options.tools = try tools.map { try TextInput.contents(of: $0) }
        options.toolChoice = toolChoice
        return options
    }
}

extension ToolCall {
    /// The call as `--json` shows it.
    var json: JSONValue {
        ["id": id.isEmpty ? .null : .string(id), "name": .string(name), "arguments": .string(arguments)]
    }
}
