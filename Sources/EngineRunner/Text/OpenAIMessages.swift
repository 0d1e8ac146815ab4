// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import EngineWire

/// Messages in the form of OpenAI's API, which llama.cpp's chat library reads.
enum OpenAIMessages {
    /// The messages as a JSON array.
    static func text(of messages: [ChatMessage]) -> String {
        String(decoding: JSONValue.array(messages.map(json)).compactBytes, as: UTF8.self)
    }

    private static func json(_ message: ChatMessage) -> JSONValue {
        var members: [String: JSONValue] = ["role": .string(message.role.rawValue)]
        let calls = message.toolCalls ?? []
        if calls.isEmpty || !message.content.isEmpty { members["content"] = .string(message.content) }
        if let reasoning = message.reasoning { members["reasoning_content"] = .string(reasoning) }
        if let id = message.toolCallID { members["tool_call_id"] = .string(id) }
        if !calls.isEmpty { members["tool_calls"] = .array(calls.map(json)) }
        return .object(members)
    }

    private static func json(_ call: ToolCall) -> JSONValue {
        [
            "id": .string(call.id), "type": "function",
            "function": ["name": .string(call.name), "arguments": .string(call.arguments)],
        ]
    }
}
