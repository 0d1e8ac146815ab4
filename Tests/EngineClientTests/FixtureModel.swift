// SPDX-License-Identifier: Apache-2.0

import EngineClient
import EngineWire
import Foundation
import SystemPackage
import TestSupport

/// The chat model of the repository, and the built worker that runs it.
enum FixtureModel {
    static let path = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        .appending("Fixtures").appending("models").appending("tiny-chat.gguf").string

    /// A worker without a model.
    static func session(hangLimit: Duration = .seconds(60)) throws -> EngineSession {
        try EngineSession(engine: FilePath(Program.product("baigo-engine").path), hangLimit: hangLimit)
    }

    /// A worker that has loaded the model.
    static func loadedSession(contextTokens: Int? = nil) throws -> EngineSession {
        let session = try session()
        _ = try session.load(LoadRequest(modelPaths: [path], contextTokens: contextTokens, threads: 1))
        return session
    }
}

extension EngineSession {
    /// An answer as one text, and how it ended.
    func answer(_ request: GenerateRequest) throws -> (text: String, result: GenerationResult) {
        var text = ""
        let result = try generate(request) { delta in
            if delta.channel == .content { text += delta.text }
        }
        return (text, result)
    }

    /// The most likely answer to one question.
    func answer(to question: String, maxTokens: Int? = nil) throws -> (text: String, result: GenerationResult) {
        try answer(
            GenerateRequest(
                prompt: .chat(messages: [ChatMessage(role: .user, content: question)]),
                sampling: SamplingOptions(maxTokens: maxTokens, temperature: 0)))
    }
}
