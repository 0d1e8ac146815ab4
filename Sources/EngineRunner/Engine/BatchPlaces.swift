// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire

/// The answers that are being computed together, each in a sequence of its own.
struct BatchPlaces {
    /// Requests that were taken so far.
    var started = 0
    private var places: [BatchPlace?]

    /// Makes free places.
    init(count: Int) {
        places = [BatchPlace?](repeating: nil, count: count)
    }

    /// The first place without an answer; `nil` where there is none.
    var firstFree: Int? { places.firstIndex { $0 == nil } }

    /// Whether no answer is under way.
    var isEmpty: Bool { places.allSatisfy { $0 == nil } }

    /// Puts an answer into a place.
    mutating func take(_ place: BatchPlace, at number: Int) { places[number] = place }

    /// The tokens to compute next: one of each answer that is being written, and prompts as far as there is room.
    ///
    /// They stand in the order of their sequences: the engine computes neighbours together.
    ///
    /// - Parameter limit: How many there may be.
    /// - Returns: `nil` when no answer is under way.
    func fill(atMost limit: Int) -> [BatchToken]? {
        guard !isEmpty else { return nil }
        var tokens: [BatchToken] = []
        var reserved = places.count { $0?.waiting.count == 1 }
        for (number, place) in places.enumerated() {
            guard let place else { continue }
            let isSingle = place.waiting.count == 1
            if isSingle { reserved -= 1 }
            let room = limit - tokens.count - reserved
            place.output = nil
            for token in place.waiting.prefix(max(0, room)) {
                let isLast = place.waiting.count == 1
                tokens.append(
                    BatchToken(token: token, position: place.position, sequence: number, givesOutput: isLast))
                place.position += 1
                place.waiting.removeFirst()
                if isLast { place.output = Int32(clamping: tokens.count - 1) }
            }
        }
        return tokens
    }

    /// Chooses the next token of each answer that was computed, and gives out those that ended.
    mutating func advance(in engine: LoadedEngine, emit: (EngineEvent) -> Void) {
        for (number, place) in places.enumerated() {
            guard let place, let output = place.output else { continue }
            do throws(EngineError) {
                try place.advance(
                    in: engine.context, output: output, room: engine.summary.contextTokens - place.position)
                guard place.answer.reason != nil else { continue }
                emit(.answer(answer: place.finished(loadMilliseconds: engine.summary.loadMilliseconds)))
            } catch {
                emit(.answer(answer: BatchAnswer(index: place.index, error: error)))
            }
            engine.context.forget(sequence: number)
            places[number] = nil
        }
    }
}

/// One of several answers in the making.
final class BatchPlace {
    /// The place of its request in the batch.
    let index: Int
    let answer: Answer
    /// Tokens that are to be computed.
    var waiting: ArraySlice<llama_token>
    /// Tokens of it that the context holds.
    var position = 0
    /// Where the last batch has what may follow; `nil` where it does not.
    var output: Int32?

    private let text = AnswerText()
    private let start = SuspendingClock.now
    private var promptDone: SuspendingClock.Instant?

    /// Prepares an answer.
    ///
    /// - Throws: `EngineError` as `TextEngine.generate` says.
    init(index: Int, _ request: GenerateRequest, in engine: LoadedEngine) throws(EngineError) {
        self.index = index
        answer = try Answer(to: request, in: engine, emit: text.take(_:))
        waiting = answer.prompt[...]
    }

    /// Chooses the next token.
    ///
    /// - Throws: `EngineError`, code `computeFailed`.
    func advance(in context: ContextHandle, output: Int32, room: Int) throws(EngineError) {
        if promptDone == nil { promptDone = .now }
        if let token = try answer.next(in: context, output: output, room: room) { waiting = [token] }
    }

    /// The whole answer.
    func finished(loadMilliseconds: Double) -> BatchAnswer {
        answer.finish()
        let promptDone = promptDone ?? .now
        return BatchAnswer(
            index: index, content: text.content, reasoning: text.reasoning,
            result: GenerationResult(
                finishReason: answer.reason ?? .stop,
                usage: .init(
                    promptTokens: answer.prompt.count, cachedPromptTokens: 0, completionTokens: answer.produced),
                timings: .init(
                    loadMilliseconds: loadMilliseconds,
                    promptMilliseconds: start.duration(to: promptDone).milliseconds,
                    generationMilliseconds: promptDone.duration(to: .now).milliseconds),
                seed: answer.seed))
    }
}

/// Collects the text of an answer.
private final class AnswerText {
    private(set) var content = ""
    private(set) var reasoning = ""

    func take(_ event: EngineEvent) {
        guard case .text(let delta) = event else { return }
        switch delta.channel {
        case .content: content += delta.text
        case .reasoning: reasoning += delta.text
        }
    }
}
