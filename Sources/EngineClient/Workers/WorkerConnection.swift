// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import EngineWire
internal import Synchronization
internal import SystemPackage

/// A running worker, its messages, and the verdict when it fails.
///
/// One thread receives; any thread sends. Once an error is thrown the worker is dead, and every later call throws
/// the same error.
final class WorkerConnection: Sendable {
    private static let sliceMilliseconds: Int32 = 50
    private static let timeToDie = Duration.seconds(2)

    private let process: WorkerProcess
    private let hangLimit: Duration
    private let sending = Mutex(())
    private let failure = Mutex<EngineError?>(nil)
    private let receiving = Mutex(Receiving())

    private struct Receiving {
        var reader = FrameReader(limit: FrameLimit.event)
        var lastWords = LastWords()
        var errorOutputIsOpen = true
    }

    /// Starts a worker.
    ///
    /// - Throws: `EngineError`, code `cannotStart`.
    init(program: FilePath, hangLimit: Duration) throws(EngineError) {
        process = try WorkerProcess(program: program)
        self.hangLimit = hangLimit
    }

    deinit { close() }

    /// Sends a request.
    ///
    /// - Throws: `EngineError`: `hung` when the worker takes nothing for the limit, or how it ended; `invalidRequest`
    ///   when the request is too large.
    func send(_ request: EngineRequest) throws(EngineError) {
        try check()
        let frame: [UInt8]
        do {
            frame = try FrameWriter.frame(request, limit: FrameLimit.request)
        } catch {
            throw EngineError(.invalidRequest, "the request cannot be sent: \(error)", hint: "Shorten the prompt.")
        }
        let isSent = sending.withLock { _ -> Bool? in
            var rest = frame[...]
            var silence = Duration.zero
            while !rest.isEmpty {
                guard let sent = WorkerSocket.send(rest, to: process.socket) else { return nil }
                rest = rest.dropFirst(sent)
                guard sent == 0 else { continue }
                guard silence < hangLimit else { return false }
                if !WorkerSocket.waitForRoom(on: process.socket, milliseconds: Self.sliceMilliseconds) {
                    silence += .milliseconds(Int(Self.sliceMilliseconds))
                }
            }
            return true
        }
        switch isSent {
        case true: break
        case false: throw fail { .hung(after: hangLimit, during: "it was sent a request", $0) }
        case nil: throw failOfEnd(during: "it was sent a request")
        }
    }

    /// Waits for the next event.
    ///
    /// - Parameters:
    ///   - activity: What the worker is doing, for messages: `loading the model`.
    ///   - patience: Called about every 50 ms; whatever it throws ends the wait.
    /// - Returns: The event.
    /// - Throws: `EngineError`, codes `crashed`, `hung`, `exited` and `protocolViolation`, or what `patience` throws.
    func receive(during activity: String, patience: () throws -> Void) throws -> EngineEvent {
        try check()
        var silence = Duration.zero
        while true {
            try patience()
            switch receiving.withLock({ takeEvent(&$0) }) {
            case .success(let event?): return event
            case .success(nil): break
            case .failure(.ended): throw failOfEnd(during: activity)
            case .failure(.garbage(let reason)): throw failOfProtocol(reason, during: activity)
            }
            // Silence is counted in slices waited, not by the clock: a stopped and continued baigo is not impatient.
            guard silence < hangLimit else { throw fail { .hung(after: hangLimit, during: activity, $0) } }
            if !waitForArrival() { silence += .milliseconds(Int(Self.sliceMilliseconds)) }
        }
    }

    /// Ends the worker for a reason that the caller found, and remembers it.
    ///
    /// - Returns: The error to throw.
    func fail(_ error: EngineError) -> EngineError { fail { _ in error } }

    /// Ends a worker that does not speak the protocol.
    ///
    /// - Returns: The error to throw.
    func failOfProtocol(_ reason: String, during activity: String) -> EngineError {
        fail { .protocolViolation(reason, during: activity, $0) }
    }

    /// Lets the worker end, kills it when it does not, and waits until it is gone.
    func close() {
        failure.withLock { known in
            if known == nil { known = EngineError(.closed, "the engine session was closed") }
        }
        WorkerSocket.shutDown(process.socket)
        if process.ending(wait: .milliseconds(500)) == nil { process.kill() }
        _ = process.ending(wait: Self.timeToDie)
    }

    private enum Interruption: Error {
        case ended
        case garbage(String)
    }

    private func check() throws(EngineError) {
        if let known = failure.withLock({ $0 }) { throw known }
    }

    /// Takes an event out of what has arrived.
    private func takeEvent(_ state: inout Receiving) -> Result<EngineEvent?, Interruption> {
        do {
            if let event = try state.reader.next(EngineEvent.self) { return .success(event) }
            takeErrorOutput(&state)
            switch WorkerSocket.receive(from: process.socket) {
            case .nothingYet: return .success(nil)
            case .end: return .failure(.ended)
            case .bytes(let bytes):
                state.reader.append(bytes)
                return .success(try state.reader.next(EngineEvent.self))
            }
        } catch {
            return .failure(.garbage(String(describing: error)))
        }
    }

    private func takeErrorOutput(_ state: inout Receiving) {
        guard state.errorOutputIsOpen else { return }
        switch WorkerSocket.receive(from: process.errorOutput) {
        case .bytes(let bytes): state.lastWords.append(bytes)
        case .nothingYet: break
        case .end: state.errorOutputIsOpen = false
        }
    }

    private func waitForArrival() -> Bool {
        let second = receiving.withLock { $0.errorOutputIsOpen } ? process.errorOutput : nil
        return WorkerSocket.waitForArrival(
            on: process.socket, or: second, milliseconds: Self.sliceMilliseconds)
    }

    /// The worker closed its end: waits for how it ended.
    private func failOfEnd(during activity: String) -> EngineError {
        let ending = process.ending(wait: Self.timeToDie)
        return fail { .ended(ending, during: activity, $0) }
    }

    /// Kills the worker, takes its last words, and remembers the first error.
    private func fail(_ makeError: (LastWords) -> EngineError) -> EngineError {
        process.kill()
        _ = process.ending(wait: Self.timeToDie)
        let lastWords = receiving.withLock { state in
            while state.errorOutputIsOpen {
                guard case .bytes(let bytes) = WorkerSocket.receive(from: process.errorOutput) else { break }
                state.lastWords.append(bytes)
            }
            return state.lastWords
        }
        return failure.withLock { known in
            let error = known ?? makeError(lastWords)
            known = error
            return error
        }
    }
}
