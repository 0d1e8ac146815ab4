// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import EngineClient
import EngineWire
import Foundation
import TestSupport
import Testing

/// Chat templates of llama.cpp, rendered by the worker and by llama-server.
struct TemplateTests {
    private static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let server = checkout.appendingPathComponent(".build/engine/bin/llama-server").path

    /// Every template with `BAIGO_ALL_TEMPLATES=1`, else each ninth: one takes a second.
    private static let templates: [String] = {
        let folder = checkout.appendingPathComponent(".build/templates")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let all = names.filter { $0.hasSuffix(".jinja") }.sorted().map { folder.appendingPathComponent($0).path }
        guard ProcessInfo.processInfo.environment["BAIGO_ALL_TEMPLATES"] != "1" else { return all }
        return all.enumerated().filter { $0.offset.isMultiple(of: 9) }.map(\.element)
    }()

    private static let tools = """
        [{"type": "function", "function": {"name": "get_weather", "description": "The weather of a place.", \
        "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "Its name"}, \
        "days": {"type": "integer"}}, "required": ["city"]}}}, \
        {"type": "function", "function": {"name": "now", "description": "The time", "parameters": {"type": "object", \
        "properties": {}}}}]
        """

    /// A conversation in the worker's words and in those of the server.
    private struct Conversation {
        var messages: [ChatMessage] = []
        var options = ChatOptions()

        init(_ messages: [ChatMessage], tools: Bool = false, reasoning: ChatOptions.Reasoning = .auto) {
            self.messages = messages
            options.tools = tools ? TemplateTests.tools : nil
            options.reasoning = reasoning
        }

        /// Written out key by key, so that nothing is shared with what the worker does.
        var body: String {
            let turns = messages.map { message in
                var members = ["\"role\": \(quoted(message.role.rawValue))"]
                if message.toolCalls == nil { members.append("\"content\": \(quoted(message.content))") }
                if let thought = message.reasoning { members.append("\"reasoning_content\": \(quoted(thought))") }
                if let id = message.toolCallID { members.append("\"tool_call_id\": \(quoted(id))") }
                if let calls = message.toolCalls {
                    let texts = calls.map { call in
                        """
                        {"id": \(quoted(call.id)), "type": "function", "function": {"name": \(quoted(call.name)), \
                        "arguments": \(quoted(call.arguments))}}
                        """
                    }
                    members.append("\"tool_calls\": [\(texts.joined(separator: ", "))]")
                }
                return "{\(members.joined(separator: ", "))}"
            }
            var members = ["\"messages\": [\(turns.joined(separator: ", "))]"]
            if let tools = options.tools { members.append("\"tools\": \(tools)") }
            switch options.reasoning {
            case .auto: break
            case .on: members.append("\"chat_template_kwargs\": {\"enable_thinking\": true}")
            case .off: members.append("\"chat_template_kwargs\": {\"enable_thinking\": false}")
            }
            return "{\(members.joined(separator: ", "))}"
        }

        private func quoted(_ text: String) -> String {
            String(decoding: JSONValue.string(text).compactBytes, as: UTF8.self)
        }
    }

    private static let conversations: [Conversation] = {
        let user = ChatMessage(role: .user, content: "What is an air gap?")
        let system = ChatMessage(role: .system, content: "Answer in one sentence.\nUse “quotes” & <tags>.")
        var thought = ChatMessage(role: .assistant, content: "It keeps a host apart.")
        thought.reasoning = "The question is about networks."
        var call = ChatMessage(role: .assistant, content: "")
        call.toolCalls = [
            ToolCall(id: "call00001", name: "get_weather", arguments: "{\"city\": \"Köln\", \"days\": 2}")
        ]
        var result = ChatMessage(role: .tool, content: "{\"sky\": \"grey\"}")
        result.toolCallID = "call00001"
        let again = ChatMessage(role: .user, content: "  And a {{ checksum }}? 🙂\n")
        let plain = ChatMessage(role: .assistant, content: "A host without a network.")
        return [
            Conversation([user]), Conversation([system, user]), Conversation([user, plain, again]),
            Conversation([system, user, thought, again, plain, user]),
            Conversation([user], tools: true), Conversation([system, user], tools: true),
            Conversation([system, user, call, result], tools: true),
            Conversation([user, call, result, plain, again], tools: true),
            Conversation([system, user], reasoning: .on), Conversation([system, user], reasoning: .off),
            Conversation([user, thought, again], tools: true, reasoning: .on),
            Conversation([user, thought, again], tools: true, reasoning: .off),
        ]
    }()

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: server), "llama-server is not there"),
        .enabled(if: !templates.isEmpty, "the templates are not there: run scripts/test-tools"),
        arguments: templates)
    func rendersATemplateAsLlamaServerDoes(_ template: String) throws {
        let expected = try Self.answers(of: template)
        let session = try FixtureModel.session()
        let source = try String(contentsOfFile: template, encoding: .utf8)
        let load = LoadRequest(
            modelPaths: [FixtureModel.path], contextTokens: 64, threads: 1, chatTemplate: .source(source))
        guard expected["started"] == true else {
            let error = #expect(throws: EngineError.self) {
                _ = try session.load(load)
                _ = try session.rendered(Self.conversations[0].messages, ChatOptions())
            }
            #expect(error?.code == .template)
            return
        }
        _ = try session.load(load)
        let prompts = try #require(expected["prompts"]?.array)
        try #require(prompts.count == Self.conversations.count)
        for (number, (conversation, prompt)) in zip(Self.conversations, prompts).enumerated() {
            if let prompt = prompt.string {
                let ours = try session.rendered(conversation.messages, conversation.options)
                #expect(Array(ours.utf8) == Array(prompt.utf8), "conversation \(number): \(ours) and not \(prompt)")
            } else {
                let error = #expect(throws: EngineError.self, "conversation \(number)") {
                    _ = try session.rendered(conversation.messages, conversation.options)
                }
                #expect(error?.code == .template)
            }
        }
    }

    /// What llama-server makes of all conversations; `null` for one that its template refuses.
    private static func answers(of template: String) throws -> JSONValue {
        let folder = URL(fileURLWithPath: "/tmp/baigo-t\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = folder.appendingPathComponent("ask.py")
        try Data(Self.program.utf8).write(to: program)
        let bodies = "[\(conversations.map(\.body).joined(separator: ", "))]"
        let result = try Program("python3").run(
            [program.path, server, FixtureModel.path, template, folder.appendingPathComponent("s.sock").path],
            input: Data(bodies.utf8), in: folder.path)
        try #require(result.status == 0, "\(result)")
        return try JSONValue(strict: Array(result.output))
    }

    /// Starts a server on a local socket, asks it, and ends it.
    private static let program = """
        import http.client, json, socket, subprocess, sys, time
        server, model, template, place = sys.argv[1:5]
        class Connection(http.client.HTTPConnection):
            def connect(self):
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.settimeout(60)
                self.sock.connect(place)
        def ask(method, path, body=None):
            connection = Connection("localhost")
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        process = subprocess.Popen(
            [server, "-m", model, "--chat-template-file", template, "--host", place, "-c", "256", "-t", "1",
             "--no-warmup", "--jinja"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            started = False
            deadline = time.monotonic() + 120
            while not started and process.poll() is None and time.monotonic() < deadline:
                try:
                    started = ask("GET", "/health")[0] == 200
                except OSError:
                    pass
                if not started:
                    time.sleep(0.02)
            prompts = []
            for body in json.load(sys.stdin) if started else []:
                status, answer = ask("POST", "/apply-template", json.dumps(body))
                prompts.append(answer["prompt"] if status == 200 else None)
            print(json.dumps({"started": started, "prompts": prompts}))
        finally:
            process.kill()
            process.wait()
        """
}
