// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Tools, reasoning and the rendered prompt, through the program.
struct ToolCallTests {
    private static let tools = """
        [{"type": "function", "function": {"name": "get_weather", "description": "The weather.", "parameters": \
        {"type": "object", "properties": {"city": {"enum": ["Bonn", "Rome"]}}, "required": ["city"]}}}]
        """
    /// In the manner of Hermes and Qwen.
    private static let template = """
        {%- if tools %}<|im_start|>system
        You may call tools:
        <tools>{% for tool in tools %}
        {{ tool | tojson }}{% endfor %}
        </tools>
        Answer with <tool_call>
        {"name": "…", "arguments": {…}}
        </tool_call><|im_end|>
        {% endif %}{% for m in messages %}<|im_start|>{{ m.role }}
        {{ m.content or '' }}{% for call in m.tool_calls or [] %}<tool_call>
        {"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
        </tool_call>{% endfor %}<|im_end|>
        {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
        {% if enable_thinking %}<think>
        {% endif %}{% endif %}
        """

    private static let command = Site.checkout.appendingPathComponent(
        ".build/templates/CohereForAI-c4ai-command-r-plus-tool_use.jinja"
    ).path

    private func site() throws -> Site {
        let site = try Site()
        try site.write(Data(Self.tools.utf8), to: "tools.json")
        try site.write(Data(Self.template.utf8), to: "tools.jinja")
        return site
    }

    /// The grammar of this template's tools lets nothing stand before the call.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: command), "the templates are not there"))
    func aRequiredCallComesTakenApart() throws {
        let site = try site()
        let result = try site.baigo(
            "run", Site.model, "The weather in Rome?", "--json", "--chat-template", Self.command, "--tools",
            "tools.json", "--tool-choice", "required", "--temperature", "0", "--max-tokens", "300", "--context", "4096")
        expect(result, endsWith: .done)
        let calls = try #require(try result.json["toolCalls"]?.array)
        #expect(calls.first?["name"] == "get_weather", "\(result)")
        #expect(calls.first?["arguments"]?.string?.hasPrefix("{") == true)
        #expect(try result.json["text"] == "")
    }

    @Test func tellsWhatTheWorkerTookApart() throws {
        let worker = try FakeWorker(
            """
            loaded["loaded"]["model"]["hasChatTemplate"] = True
            hello(); receive(); send(loaded); request = receive()
            assert "get_weather" in request["generate"]["request"]["chat"]["tools"]
            send({"text": {"delta": {"channel": "reasoning", "text": "hm"}}})
            send({"called": {"calls": [{"id": "", "name": "get_weather", "arguments": "{}"},
                {"id": "7", "name": "now", "arguments": ""}]}})
            send(finished); receive()
            """)
        let site = try site()
        site.environment["BAIGO_ENGINE"] = worker.folder.path + "/worker"
        let result = try site.baigo("run", Site.model, "hi", "--json", "--tools", "tools.json")
        expect(result, endsWith: .done)
        #expect(
            try result.json["toolCalls"] == [
                ["id": .null, "name": "get_weather", "arguments": "{}"], ["id": "7", "name": "now", "arguments": ""],
            ])
        #expect(try result.json["reasoning"] == "hm")
    }

    @Test func withoutACallThereIsNone() throws {
        let site = try site()
        let result = try site.baigo(
            "run", Site.model, "What is an air gap?", "--json", "--chat-template", "./tools.jinja", "--tools",
            "tools.json", "--tool-choice", "none", "--temperature", "0", "--max-tokens", "20")
        expect(result, endsWith: .done)
        #expect(try result.json["toolCalls"] == [])
    }

    @Test func thePromptCanBeSeen() throws {
        let site = try site()
        let arguments = ["run", Site.model, "Hi", "--show-prompt", "--chat-template", "./tools.jinja"]
        let plain = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
        let off = try site.run(Site.baigo.path, arguments + ["--reasoning", "off"])
        expect(off, endsWith: .done)
        #expect(off.text == plain)
        let on = try site.run(Site.baigo.path, arguments + ["--reasoning", "on", "--json"])
        #expect(try on.json["prompt"]?.string == plain + "<think>\n")
        let tools = try site.run(Site.baigo.path, arguments + ["--tools", "tools.json", "--json"])
        #expect(try tools.json["prompt"]?.string?.contains("\"name\": \"get_weather\"") == true)
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "[7]", "[{\"type\": \"function\"}]",
        "[{\"type\": \"code\", \"function\": {\"name\": \"a\"}}]",
        "[{\"type\": \"function\", \"function\": {\"name\": \"\"}}]",
        "[{\"type\": \"function\", \"function\": {\"name\": \"a b\"}}]",
        "[{\"type\": \"function\", \"function\": {\"name\": \"a\", \"parameters\": 7}}]",
        "[{\"type\": \"function\", \"function\": {\"name\": \"a\", \"description\": 7}}]",
        "[{\"type\": \"function\", \"function\": {\"name\": \"a\", \"parameters\": {\"type\": \"nonsense\"}}}]",
        "[{\"type\": \"function\", \"function\": {\"name\": \"a\", \"parameters\": {\"$ref\": \"#/nowhere\"}}}]",
        "[{\"type\": \"function\", \"function\": {\"name\": \"a\"}}, {\"type\": \"function\", \"function\": {\"name\": \"a\"}}]",
        "[" + String(repeating: "[", count: 500) + String(repeating: "]", count: 500) + "]",
        "["
            + Array(repeating: "{\"type\": \"function\", \"function\": {\"name\": \"a\"}}", count: 129).joined(
                separator: ",") + "]",
        "[{\"type\": \"function\", \"function\": {\"name\": \"" + String(repeating: "a", count: 2 << 20) + "\"}}]",
    ])
    func refusesToolsThatCannotBeUsed(_ tools: String) throws {
        let site = try site()
        try site.write(Data(tools.utf8), to: "tools.json")
        let result = try site.baigo(
            "run", Site.model, "hi", "--json", "--chat-template", "./tools.jinja", "--tools", "tools.json",
            "--max-tokens", "1")
        expect(result, endsWith: .usage, identifier: "engine.invalid-request")
        #expect(result.errorOutput.utf8.count < 2000)
    }

    @Test func optionsThatDoNotGoTogether() throws {
        let site = try site()
        for arguments in [
            ["--tools", "tools.json"], ["--json", "--tool-choice", "none"], ["--raw", "--reasoning", "on"],
            ["--raw", "--show-prompt"], ["--json", "--tools", "tools.json", "--schema", "{}"],
            ["--json", "--tools", "tools.json", "--batch", "x.jsonl"], ["--reasoning", "maybe"],
            ["--json", "--tools", "tools.json", "--chat-template", "chatml", "--tool-choice", "maybe"],
        ] {
            expect(try site.run(Site.baigo.path, ["run", Site.model, "hi"] + arguments), endsWith: .usage)
        }
        expect(
            try site.baigo("run", Site.model, "hi", "--json", "--tools", "none.json"), endsWith: .notFound)
    }
}
