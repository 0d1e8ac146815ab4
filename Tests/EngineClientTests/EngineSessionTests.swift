// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import EngineClient
import EngineWire
import Foundation
import Testing

struct EngineSessionTests {
    private let question = "What is an air gap?"

    private func story(_ maxTokens: Int? = nil) -> GenerateRequest {
        GenerateRequest(
            prompt: .raw(text: "<|im_start|>user\n\(question)<|im_end|>\n<|im_start|>assistant\n"),
            sampling: SamplingOptions(maxTokens: maxTokens, temperature: 0))
    }

    @Test func describesTheEngine() throws {
        let description = try FixtureModel.session().describe()
        #expect(description.loadedVersion.hasPrefix(description.linkedVersion))
        #expect(description.devices.contains { $0.kind == .cpu && $0.library == description.cpuBackend })
        #expect(description.cpuBackend?.hasPrefix("libggml-cpu") == true)
        #expect(description.protections.contains("no new privileges"))
        #expect(description.protections.contains("no inherited files"))
        #expect(description.protections.contains { $0.hasPrefix("no network") })
    }

    @Test func loadsAModelAndSaysWhatItIs() throws {
        let session = try FixtureModel.session()
        var fractions: [Double] = []
        let model = try session.load(LoadRequest(modelPaths: [FixtureModel.path])) { fractions.append($0) }
        #expect(model.hasChatTemplate)
        #expect(model.vocabularySize > 0)
        #expect(model.trainedContextTokens > 0)
        #expect(model.contextTokens >= min(model.trainedContextTokens, 4096))
        #expect(fractions == fractions.sorted())
        #expect(fractions.last == 1)
    }

    @Test func answersTheSameQuestionTheSameWay() throws {
        let session = try FixtureModel.loadedSession()
        let first = try session.answer(to: question)
        let second = try session.answer(to: question)
        #expect(!first.text.isEmpty)
        #expect(first.text == second.text)
        #expect(first.result.usage.cachedPromptTokens == 0)
        #expect(second.result.usage.cachedPromptTokens == first.result.usage.promptTokens - 1)
        #expect(first.result.finishReason == .stop)
        #expect(first.result.tokensPerSecond > 0)
    }

    @Test func keepsTheConversationInTheContext() throws {
        let session = try FixtureModel.loadedSession()
        let first = try session.answer(to: question, maxTokens: 12)
        let second = try session.answer(
            GenerateRequest(
                prompt: .chat(messages: [
                    ChatMessage(role: .user, content: question),
                    ChatMessage(role: .assistant, content: first.text),
                    ChatMessage(role: .user, content: "And what is a signature?"),
                ]), sampling: SamplingOptions(maxTokens: 8, temperature: 0)))
        #expect(second.result.usage.cachedPromptTokens >= first.result.usage.promptTokens)
        #expect(second.result.usage.promptTokens > first.result.usage.promptTokens)
    }

    @Test func continuesRawText() throws {
        let session = try FixtureModel.loadedSession()
        let answer = try session.answer(story(5))
        #expect(answer.result.finishReason == .length)
        #expect(answer.result.usage.completionTokens == 5)
        #expect(try session.answer(story(5)).text == answer.text)
    }

    @Test func repeatsARandomAnswerWithItsSeed() throws {
        let session = try FixtureModel.loadedSession()
        var request = story(20)
        request.sampling.temperature = 5
        request.sampling.topK = 0
        request.sampling.topP = 1
        request.sampling.minP = 0
        let first = try session.answer(request)
        request.sampling.seed = first.result.seed
        #expect(try session.answer(request).text == first.text)
        request.sampling.seed = first.result.seed ^ 1
        #expect(try session.answer(request).text != first.text)
    }

    @Test func endsAtAStopText() throws {
        let session = try FixtureModel.loadedSession()
        let whole = try session.answer(to: question).text
        let stop = String(whole.dropFirst(3).prefix(4))
        let cut = try session.answer(
            GenerateRequest(
                prompt: .chat(messages: [ChatMessage(role: .user, content: question)]),
                sampling: SamplingOptions(temperature: 0), stop: ["never to be seen", stop]))
        let end = try #require(whole.range(of: stop))
        #expect(cut.text == String(whole[..<end.lowerBound]))
        #expect(cut.result.finishReason == .stop)
    }

    @Test func neverCutsAPromptAndEndsAtTheEndOfTheContext() throws {
        let session = try FixtureModel.loadedSession(contextTokens: 24)
        let long = String(repeating: "checksum ", count: 200)
        for prompt in [long, String(repeating: long, count: 100)] {
            let error = #expect(throws: EngineError.self) {
                _ = try session.generate(GenerateRequest(prompt: .raw(text: prompt))) { _ in }
            }
            #expect(error?.code == .promptTooLong)
            #expect(error?.exitStatus == .engine)
            #expect(error?.message.contains("24") == true)
        }
        var request = story()
        request.stop = []
        let answer = try session.answer(request)
        #expect(answer.result.usage.promptTokens + answer.result.usage.completionTokens <= 25)
        if answer.result.finishReason == .length {
            #expect(answer.result.usage.promptTokens + answer.result.usage.completionTokens == 25)
        }
    }

    @Test func cancelsAnAnswerAndGoesOn() throws {
        let session = try FixtureModel.loadedSession()
        session.cancel()
        let whole = try session.answer(to: question)
        var pieces = 0
        let request = GenerateRequest(
            prompt: .chat(messages: [ChatMessage(role: .user, content: question)]),
            sampling: SamplingOptions(temperature: 3, topK: 0, topP: 1, minP: 0))
        let result = try session.generate(request) { _ in
            pieces += 1
            if pieces == 1 { session.cancel() }
        }
        #expect(result.finishReason == .cancelled || result.finishReason == .stop)
        #expect(try session.answer(to: question).text == whole.text)
    }

    @Test func passesOnWhatTheReceiverThrows() throws {
        struct Full: Error {}
        let session = try FixtureModel.loadedSession()
        #expect(throws: Full.self) { _ = try session.generate(story(500)) { _ in throw Full() } }
        #expect(try session.answer(story(3)).result.usage.completionTokens == 3)
    }

    @Test func endsWithTheTask() async throws {
        let session = try FixtureModel.loadedSession()
        let request = story(500)
        let task = Task.detached {
            withUnsafeCurrentTask { $0?.cancel() }
            return try session.generate(request) { _ in }
        }
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(try session.answer(story(3)).result.usage.completionTokens == 3)
    }

    @Test func refusesOptionsOutOfRange() throws {
        let session = try FixtureModel.loadedSession()
        for sampling in [
            SamplingOptions(temperature: -1), SamplingOptions(temperature: .infinity), SamplingOptions(topK: -1),
            SamplingOptions(topP: 1.5), SamplingOptions(minP: -0.1), SamplingOptions(maxTokens: 0),
        ] {
            let error = #expect(throws: EngineError.self) {
                _ = try session.generate(GenerateRequest(prompt: .raw(text: "x"), sampling: sampling)) { _ in }
            }
            #expect(error?.code == .invalidRequest)
            #expect(error?.exitStatus == .usage)
        }
        for request in [
            LoadRequest(modelPaths: []), LoadRequest(modelPaths: [FixtureModel.path], contextTokens: 0),
            LoadRequest(modelPaths: [FixtureModel.path], threads: 0),
        ] {
            let error = #expect(throws: EngineError.self) { _ = try session.load(request) }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test func asksForAModelFirst() throws {
        let session = try FixtureModel.session()
        let error = #expect(throws: EngineError.self) { _ = try session.answer(story()) }
        #expect(error?.code == .noModel)
    }
}
