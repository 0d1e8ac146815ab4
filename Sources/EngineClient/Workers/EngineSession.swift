// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import EngineWire
internal import Synchronization
package import SystemPackage

/// A conversation with one worker process: load a model, then ask it as often as needed.
///
/// Calls block. One thread at a time uses a session, but `cancel` and `close` may come from any. A task that is
/// cancelled ends the running call with `CancellationError`, normally within a tenth of a second; the session stays
/// usable unless the worker did not react. After `engine.crashed…`, `engine.killed`, `engine.hung`, `engine.exited` and
/// `engine.protocol`, and where a worker died for want of memory, every further call throws the same error.
package final class EngineSession: Sendable {
    let connection: WorkerConnection
    private let requests = Mutex(Requests())

    private struct Requests {
        var last: UInt64 = 0
        var running: UInt64?
    }

    /// Starts a worker and waits until it is ready for requests.
    ///
    /// - Parameters:
    ///   - engine: The program, as `EngineLocator` found it.
    ///   - hangLimit: How long the worker may be silent during any call.
    /// - Throws: `EngineError`, codes `cannotStart`, `incompatible`, `noBackend`, and those of a failing worker;
    ///   `CancellationError`.
    package init(engine: FilePath, hangLimit: Duration = .seconds(120)) throws {
        connection = try WorkerConnection(program: engine, hangLimit: hangLimit)
        let event = try connection.receive(during: "starting") { try Task.checkCancellation() }
        switch event {
        case .hello(protocolVersion: engineProtocolVersion, engine: _): break
        case .hello(let version, let name):
            throw connection.fail(
                EngineError(
                    .incompatible,
                    "the engine at \(engine.string.escapedForOneLine) (\(name.escapedForOneLine)) speaks protocol \(version), baigo speaks \(engineProtocolVersion)",
                    hint: "Install baigo and baigo-engine of the same version."))
        case .failed(let error): throw connection.fail(error.fromWorker)
        case .loading, .loaded, .promptProcessed, .text, .called, .chosen, .pieces, .converted, .vector, .embedded,
            .wants,
            .answer,
            .answered, .measuring, .measured, .alive, .finished, .described:
            throw connection.unexpected(event, during: "starting")
        }
    }

    /// Loads a model, in place of the one loaded before.
    ///
    /// - Parameters:
    ///   - request: What to load.
    ///   - onProgress: Called with 0 to 1 while the tensors are read.
    /// - Returns: What is known of the model.
    /// - Throws: `EngineError`, codes `modelMissing`, `loadFailed`, `notATextModel`, `contextFailed`,
    ///   `invalidRequest`, and those of a failing worker; `CancellationError`.
    package func load(_ request: LoadRequest, onProgress: (Double) -> Void = { _ in }) throws -> LoadedModel {
        try perform("loading the model") { id in
            .load(id: id, request: request)
        } take: { event in
            switch event {
            case .loading(let fraction): onProgress(fraction)
            case .loaded(let model): return model
            default: throw UnexpectedEvent()
            }
            return nil
        }
    }

    /// Produces one answer.
    ///
    /// - Parameters:
    ///   - request: The prompt, and how to go on.
    ///   - limit: How long the engine may take until it has read the prompt and writes; `nil` for as long as it shows
    ///     life.
    ///   - onCalls: Takes the calls of tools, behind the text.
    ///   - onToken: Takes each token where the request asks for the likeliest ones.
    ///   - onText: Takes the answer piece by piece. An error it throws ends the answer and is thrown on.
    /// - Returns: How the answer ended; `cancelled` after `cancel`.
    /// - Throws: `EngineError`, codes `promptTooLong`, `emptyPrompt`, `invalidRequest`, `template`, `noModel`,
    ///   `noFirstToken`, `computeFailed`, and those of a failing worker; `CancellationError`.
    package func generate(
        _ request: GenerateRequest, firstTokenWithin limit: Duration? = nil,
        onCalls: ([ToolCall]) -> Void = { _ in }, onToken: (ChosenToken) -> Void = { _ in },
        onText: (TextDelta) throws -> Void
    ) throws -> GenerationResult {
        try perform("generating text", firstTokenWithin: limit) { id in
            .generate(id: id, request: request)
        } take: { event in
            switch event {
            case .promptProcessed: break
            case .text(let delta): try onText(delta)
            case .called(let calls): onCalls(calls)
            case .chosen(let token): onToken(token)
            case .finished(let result): return result
            default: throw UnexpectedEvent()
            }
            return nil
        }
    }

    /// Tells what the engine is and what it can compute on.
    ///
    /// - Throws: `EngineError` of a failing worker; `CancellationError`.
    package func describe() throws -> EngineDescription {
        try perform("describing itself") { id in
            .describe(id: id)
        } take: { event in
            guard case .described(let description) = event else { throw UnexpectedEvent() }
            return description
        }
    }

    /// Ends the answer that is being produced, if there is one, with what it has so far.
    ///
    /// Any thread.
    package func cancel() {
        guard let running = requests.withLock({ $0.running }) else { return }
        do {
            try connection.send(.cancel(id: running))
        } catch {
            // The connection keeps the error, and the running call throws it.
        }
    }

    /// Ends the worker and waits until it is gone.
    ///
    /// Any thread; later calls throw `engine.closed`.
    package func close() {
        connection.close()
    }

    /// Gives a request its number, by which it can be cancelled from now on.
    func beginRequest() -> UInt64 {
        requests.withLock { requests in
            precondition(requests.running == nil, "a session serves one call at a time")
            requests.last += 1
            requests.running = requests.last
            return requests.last
        }
    }

    /// Takes notice that no request is running.
    func endRequest() {
        requests.withLock { $0.running = nil }
    }
}
