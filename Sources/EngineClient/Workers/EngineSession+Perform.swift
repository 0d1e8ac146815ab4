// SPDX-License-Identifier: Apache-2.0

internal import EngineWire

/// An event that does not belong to the running request.
struct UnexpectedEvent: Error {}

extension EngineSession {
    /// How long a worker may take to stop once it was asked to.
    private static let timeToStop = Duration.seconds(2)

    /// Sends a request and takes its events up to the one that ends it.
    ///
    /// - Parameters:
    ///   - activity: What the worker does, for messages.
    ///   - limit: How long the first token of an answer may take, from the request on.
    ///   - request: Makes the request with its number.
    ///   - take: Gives the answer when an event is the last one. Throws `UnexpectedEvent` for an event that does not
    ///     belong here; any other error asks the worker to stop and is thrown on once it has.
    /// - Returns: The answer.
    /// - Throws: `EngineError`, what `take` throws, and `CancellationError` when the task is cancelled.
    func perform<Answer>(
        _ activity: String, firstTokenWithin limit: Duration? = nil, request: (UInt64) -> EngineRequest,
        take: (EngineEvent) throws -> Answer?
    ) throws -> Answer {
        let id = beginRequest()
        defer { endRequest() }
        var firstTokenBy = limit.map { SuspendingClock.now + $0 }
        try connection.send(request(id))
        var interruption: (any Error)?
        var stopBy: SuspendingClock.Instant?
        func interrupt(_ reason: any Error) throws(EngineError) {
            interruption = reason
            stopBy = .now + Self.timeToStop
            try connection.send(.cancel(id: id))
        }
        while true {
            let event = try connection.receive(during: activity) {
                if interruption == nil, Task.isCancelled { try interrupt(CancellationError()) }
                if interruption == nil, let limit, let by = firstTokenBy, by < .now {
                    try interrupt(EngineError.noFirstToken(within: limit))
                }
                if let interruption, let stopBy, stopBy < .now {
                    _ = connection.fail(EngineError(.closed, "the engine did not stop and was ended"))
                    throw interruption
                }
            }
            if case .alive = event { continue }
            firstTokenBy = nil
            if let interruption {
                guard event.endsRequest else { continue }
                throw interruption
            }
            if case .failed(let error) = event { throw error.fromWorker }
            do {
                if let answer = try take(event) { return answer }
            } catch is UnexpectedEvent {
                throw connection.unexpected(event, during: activity)
            } catch {
                try interrupt(error)
            }
        }
    }
}

extension EngineEvent {
    /// Whether no further event of the same request follows.
    var endsRequest: Bool {
        switch self {
        case .loaded, .finished, .described, .converted, .embedded, .answered, .measured, .failed: true
        case .hello, .loading, .promptProcessed, .text, .called, .chosen, .pieces, .vector, .wants, .answer, .measuring,
            .alive:
            false
        }
    }

    /// The name of the event, without its contents.
    var name: String {
        switch self {
        case .hello: "hello"
        case .loading: "loading"
        case .loaded: "loaded"
        case .promptProcessed: "promptProcessed"
        case .text: "text"
        case .called: "called"
        case .chosen: "chosen"
        case .pieces: "pieces"
        case .converted: "converted"
        case .vector: "vector"
        case .embedded: "embedded"
        case .wants: "wants"
        case .answer: "answer"
        case .answered: "answered"
        case .measuring: "measuring"
        case .measured: "measured"
        case .alive: "alive"
        case .finished: "finished"
        case .described: "described"
        case .failed: "failed"
        }
    }
}

extension WorkerConnection {
    /// Ends a worker that sent an event which does not belong to what it was asked for.
    ///
    /// - Returns: The error to throw.
    func unexpected(_ event: EngineEvent, during activity: String) -> EngineError {
        failOfProtocol("unexpected event “\(event.name)”", during: activity)
    }
}
