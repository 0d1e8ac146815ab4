// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import EngineWire
import TestSupport
import Testing

struct FrameTests {
    static let requests: [EngineRequest] = [
        .load(id: 1, request: LoadRequest(modelPaths: ["/a b/ü.gguf"], contextTokens: 128, threads: 2)),
        .generate(
            id: 2,
            request: GenerateRequest(
                prompt: .chat(messages: [
                    ChatMessage(role: .system, content: ""), ChatMessage(role: .user, content: "\0\"\n"),
                ]),
                sampling: SamplingOptions(maxTokens: 1, temperature: 0, topK: 0, topP: 1, minP: 0, seed: 7),
                stop: ["</s>"])),
        .generate(id: .max, request: GenerateRequest(prompt: .raw(text: "Once"))),
        .answer(id: 4), .add(id: 4, request: GenerateRequest(prompt: .raw(text: "a"))), .add(id: 4, request: nil),
        .measure(id: 5, request: MeasureRequest(promptTokens: 512, generatedTokens: 128, repetitions: 5)),
        .describe(id: 3), .cancel(id: 2), .shutdown,
    ]

    @Test(arguments: requests)
    func readsWhatItWrote(_ request: EngineRequest) throws {
        var reader = FrameReader(limit: FrameLimit.request)
        reader.append(try FrameWriter.frame(request, limit: FrameLimit.request))
        #expect(try reader.next(EngineRequest.self) == request)
        #expect(try reader.next(EngineRequest.self) == nil)
        #expect(!reader.hasPartialFrame)
    }

    @Test func readsMessagesByteByByte() throws {
        let bytes = try Self.requests.flatMap { try FrameWriter.frame($0, limit: FrameLimit.request) }
        var reader = FrameReader(limit: FrameLimit.request)
        var read: [EngineRequest] = []
        for byte in bytes {
            reader.append([byte])
            while let request = try reader.next(EngineRequest.self) { read.append(request) }
        }
        #expect(read == Self.requests)
    }

    @Test func carriesErrorsAndDescriptions() throws {
        let events: [EngineEvent] = [
            .hello(protocolVersion: engineProtocolVersion, engine: "llama.cpp"), .loading(fraction: 0.5), .alive,
            .promptProcessed(tokens: 3, cached: 2), .text(delta: TextDelta(channel: .reasoning, text: "🙂")),
            .failed(error: EngineError(.promptTooLong, "too long", hint: nil)),
            .finished(
                result: GenerationResult(
                    finishReason: .cancelled,
                    usage: .init(promptTokens: 1, cachedPromptTokens: 0, completionTokens: 2),
                    timings: .init(loadMilliseconds: 1, promptMilliseconds: 2, generationMilliseconds: 0.25), seed: 9)),
        ]
        var reader = FrameReader(limit: FrameLimit.event)
        for event in events { reader.append(try FrameWriter.frame(event, limit: FrameLimit.event)) }
        for event in events { #expect(try reader.next(EngineEvent.self) == event) }
    }

    @Test(arguments: [[0, 0, 0, 0], [0, 0, 0, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]])
    func refusesLength(_ bytes: [UInt8]) {
        var reader = FrameReader(limit: FrameLimit.event)
        reader.append(bytes)
        let announced = UInt32(bytes[3]) << 24 | UInt32(bytes[2]) << 16 | UInt32(bytes[1]) << 8 | UInt32(bytes[0])
        #expect(throws: FrameError.badLength(announced: announced, limit: FrameLimit.event)) {
            _ = try reader.next(EngineEvent.self)
        }
    }

    @Test(arguments: [
        "x", "{}", "[]", "null", "{\"alive\":{},\"hello\":{}}", "{\"unknown\":{}}", "{\"text\":{}}",
        "{\"loading\":{\"fraction\":\"a\"}}", "{\"hello\":{\"protocolVersion\":1e99,\"engine\":\"\"}}",
        "{\"finished\":{\"result\":{\"finishReason\":\"tired\"}}}",
        "{\"failed\":{\"error\":{\"code\":\"x\",\"message\":\"\"}}}",
        String(repeating: "[", count: 100_000),
    ])
    func refusesBody(_ body: String) {
        var reader = FrameReader(limit: FrameLimit.event)
        reader.append(FakeWorker.frame(of: body))
        let error = #expect(throws: FrameError.self) { _ = try reader.next(EngineEvent.self) }
        guard case .malformed = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func doesNotSendWhatTheOtherSideWouldRefuse() throws {
        let request = EngineRequest.generate(id: 1, request: GenerateRequest(prompt: .raw(text: "0123456789")))
        let size = try FrameWriter.frame(request, limit: FrameLimit.request).count - 4
        #expect(throws: FrameError.tooLarge(bytes: size, limit: size - 1)) {
            _ = try FrameWriter.frame(request, limit: size - 1)
        }
        #expect(try FrameWriter.frame(request, limit: size).count == size + 4)
    }

    @Test func everyErrorEndsWithAStatusOfTheContract() {
        for code in EngineError.Code.allCases {
            let status = EngineError(code, "x").exitStatus
            switch code {
            case .modelMissing: #expect(status == .notFound)
            case .emptyPrompt, .invalidRequest: #expect(status == .usage)
            case .cancelled: #expect(status == .interrupted)
            default: #expect(status == .engine)
            }
        }
    }
}
