// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import EngineClient
import EngineWire
import Foundation
import Testing

/// Grammars, schemas and samplers, by the built worker.
struct AnswerFormTests {
    private func ask(_ session: EngineSession, _ form: AnswerForm, chat: Bool = true) throws -> String {
        let question = "What is an air gap?"
        let request = GenerateRequest(
            prompt: chat ? .chat(messages: [ChatMessage(role: .user, content: question)]) : .raw(text: question),
            sampling: SamplingOptions(maxTokens: 60, temperature: 0), form: form)
        return try session.answer(request).text
    }

    private func refusal(_ session: EngineSession, _ form: AnswerForm) -> EngineError? {
        #expect(throws: EngineError.self) { _ = try ask(session, form, chat: false) }
    }

    @Test(arguments: [true, false])
    func holdsAnAnswerToAGrammar(_ chat: Bool) throws {
        let session = try FixtureModel.loadedSession()
        let grammar = AnswerForm.grammar("root ::= (\"yes\" | \"no\") \", \" [0-9]{3}")
        let answer = try ask(session, grammar, chat: chat)
        #expect(answer.wholeMatch(of: /(yes|no), [0-9]{3}/) != nil, "\(answer)")
        #expect(try ask(session, grammar, chat: chat) == answer)
    }

    @Test(arguments: [true, false])
    func holdsAnAnswerToASchema(_ chat: Bool) throws {
        let schema = """
            {"type": "object", "properties": {"answer": {"enum": ["yes", "no"]}, "count": {"type": "integer", \
            "minimum": 1, "maximum": 9}}, "required": ["answer", "count"], "additionalProperties": false}
            """
        let answer = try ask(try FixtureModel.loadedSession(), .schema(schema), chat: chat)
        let value = try JSONValue(strict: Array(answer.utf8))
        #expect(["yes", "no"].contains(value["answer"]?.string))
        #expect((1...9).contains(value["count"]?.integer ?? 0))
    }

    @Test(arguments: [
        "", " ", "root := 1", "root ::= missing", "other ::= \"a\"", "root ::= \"a", "root ::= root \"a\"",
        "root ::= \"a\"{100000}", "root ::= [\\x", "\u{0}",
        "root ::= " + String(repeating: "(", count: 5000), String(repeating: "a ::= \"b\"\n", count: 20_000),
        String(repeating: "x", count: 2 << 20), "root ::= <[99999999999999999999]>",
    ])
    func refusesAGrammarThatCannotBeUsed(_ text: String) throws {
        let session = try FixtureModel.loadedSession()
        let error = try #require(refusal(session, .grammar(text)))
        #expect(error.code == .invalidRequest)
        #expect(error.exitStatus == .usage)
        #expect(error.message.utf8.count < 600)
        #expect(try session.answer(to: "What is an air gap?", maxTokens: 3).result.usage.completionTokens == 3)
    }

    @Test func aFormNeedsTheEndOfTheAnswer() throws {
        let session = try FixtureModel.loadedSession()
        var request = GenerateRequest(prompt: .raw(text: "x"), form: .grammar("root ::= \"a\""))
        try session.check(request)
        request.sampling.ignoresEnd = true
        let calls: [() throws -> Void] = [{ try session.check(request) }, { _ = try session.answer(request) }]
        for call in calls {
            let error = #expect(throws: EngineError.self) { try call() }
            #expect(error?.code == .invalidRequest)
        }
        #expect(try session.answer(to: "hi", maxTokens: 1).result.usage.completionTokens == 1)
    }

    @Test func saysWhereAGrammarIsWrong() throws {
        let error = refusal(try FixtureModel.loadedSession(), .grammar("root ::= \"a\" missing"))
        #expect(error?.message.contains("missing") == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        "", " \n", "7", "{\"type\": \"nonsense\"}", "{\"$ref\": \"#/nowhere\"}",
        "{\"$ref\": \"https://example.org/x\"}",
        "{",
        "{\"type\": \"array\", \"minItems\": 1000000000, \"items\": {\"type\": \"integer\"}}",
    ])
    func refusesASchemaThatCannotBeUsed(_ text: String) throws {
        let session = try FixtureModel.loadedSession()
        let error = try #require(refusal(session, .schema(text)))
        #expect(error.code == .invalidRequest, "\(error)")
        #expect(try session.answer(to: "hi", maxTokens: 1).result.usage.completionTokens == 1)
    }

    @Test func boundsTheMemoryOfAnAmbiguousGrammar() throws {
        let session = try FixtureModel.session(hangLimit: .seconds(20))
        _ = try session.load(LoadRequest(modelPaths: [FixtureModel.path], threads: 1))
        let rules = (0..<30).map { "r\($0) ::= r\($0 + 1) r\($0 + 1) | r\($0 + 1)\n" }.joined()
        let grammar = "root ::= r0\n" + rules + "r30 ::= [a-z]? [a-z]?\n"
        let error = #expect(throws: EngineError.self) { _ = try ask(session, .grammar(grammar), chat: false) }
        #expect([.invalidRequest, .computeFailed, .hung, .aborted, .outOfMemory].contains(error?.code))
    }

    @Test func tellsTheLikeliestTokens() throws {
        let session = try FixtureModel.loadedSession()
        var told: [ChosenToken] = []
        var text = ""
        let result = try session.generate(
            GenerateRequest(
                prompt: .raw(text: "Once"), sampling: SamplingOptions(maxTokens: 5, temperature: 0), likeliest: 3),
            onToken: { told.append($0) }, onText: { text += $0.text })
        #expect(told.count == result.usage.completionTokens)
        #expect(told.map(\.token.text).joined() == text)
        for token in told {
            #expect(token.likeliest.count == 3)
            #expect(token.likeliest.first == token.token, "temperature 0 takes the likeliest")
            #expect(token.likeliest.map(\.logarithm) == token.likeliest.map(\.logarithm).sorted(by: >))
            #expect(token.likeliest.reduce(0) { $0 + exp($1.logarithm) } <= 1.000_001)
        }
    }

    @Test func addsBiasesToTokens() throws {
        let session = try FixtureModel.loadedSession()
        var told: [ChosenToken] = []
        var request = GenerateRequest(
            prompt: .raw(text: "Once"), sampling: SamplingOptions(maxTokens: 1, temperature: 0), likeliest: 2)
        _ = try session.generate(request, onToken: { told.append($0) }, onText: { _ in })
        let first = try #require(told.first)
        request.sampling.logitBias = [LogitBias(token: first.token.id, bias: nil)]
        _ = try session.generate(request, onToken: { told.append($0) }, onText: { _ in })
        #expect(told.last?.token.id == first.likeliest.last?.id)
        request.sampling.logitBias = [LogitBias(token: 7, bias: 1000)]
        _ = try session.generate(request, onToken: { told.append($0) }, onText: { _ in })
        #expect(told.last?.token.id == 7)
        request.sampling.logitBias = [LogitBias(token: 1 << 20, bias: 1)]
        let error = #expect(throws: EngineError.self) { _ = try session.answer(request) }
        #expect(error?.code == .invalidRequest)
    }

    /// Each changes what a random choice gives, or is refused by name.
    @Test func everySamplerWorks() throws {
        let session = try FixtureModel.loadedSession()
        let changes: [(inout SamplingOptions) -> Void] = [
            { $0.typicalP = 0.2 }, { $0.topNSigma = 0.1 },
            { ($0.xtcProbability, $0.xtcThreshold) = (1, 0.01) }, { ($0.dynamicRange, $0.dynamicExponent) = (4, 1) },
            { ($0.repeatPenalty, $0.repeatLastN) = (2, -1) }, { $0.frequencyPenalty = 2 }, { $0.presencePenalty = 2 },
            { ($0.dryMultiplier, $0.dryBase, $0.dryAllowedLength, $0.dryLastN) = (5, 2, 1, -1) },
            { ($0.dryMultiplier, $0.dryBreakers) = (5, ["a"]) },
            { ($0.mirostat, $0.mirostatTau, $0.mirostatEta) = (1, 2, 0.2) }, { ($0.mirostat, $0.mirostatTau) = (2, 2) },
            { ($0.samplers, $0.adaptiveTarget, $0.adaptiveDecay) = (["min_p", "adaptive_p"], 0.3, 0.5) },
            { $0.samplers = ["temperature", "top_k", "top_p"] }, { $0.samplers = ["top_k", "infill", "temperature"] },
            { $0.ignoresEnd = true },
        ]
        for (index, change) in changes.enumerated() {
            var options = SamplingOptions(maxTokens: 12, temperature: 1.2, seed: 11)
            change(&options)
            let request = GenerateRequest(prompt: .raw(text: "Once upon"), sampling: options)
            let first = try session.answer(request)
            #expect(first.result.usage.completionTokens > 0, "change \(index)")
            #expect(try session.answer(request).text == first.text, "change \(index) repeats with its seed")
        }
        var options = SamplingOptions(maxTokens: 1)
        options.samplers = ["top_k", "guess"]
        let error = #expect(throws: EngineError.self) {
            _ = try session.answer(GenerateRequest(prompt: .raw(text: "x"), sampling: options))
        }
        #expect(error?.code == .invalidRequest)
        #expect(error?.message.contains("guess") == true)
    }

    @Test func takesATemplateInPlaceOfTheModels() throws {
        let session = try FixtureModel.session()
        let load = { (choice: TemplateChoice) in
            try session.load(LoadRequest(modelPaths: [FixtureModel.path], threads: 1, chatTemplate: choice))
        }
        _ = try load(
            .source("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"))
        #expect(try session.answer(to: "What is an air gap?", maxTokens: 2).result.usage.completionTokens == 2)
        #expect(try load(.named("chatml")).hasChatTemplate)
        let named = try session.answer(to: "What is an air gap?")
        let own = try FixtureModel.loadedSession().answer(to: "What is an air gap?")
        #expect(named.text == own.text)
        let unknown = #expect(throws: EngineError.self) { _ = try load(.named("no-such-template")) }
        #expect(unknown?.code == .invalidRequest)
        #expect(unknown?.message.contains("llama3") == true)
        let broken = #expect(throws: EngineError.self) { _ = try load(.source("{% if %}")) }
        #expect(broken?.code == .template)
        for empty in ["", " \n"] {
            let error = #expect(throws: EngineError.self) { _ = try load(.source(empty)) }
            #expect(error?.code == .template)
        }
    }
}
