// SPDX-License-Identifier: Apache-2.0

internal import EngineRunner
internal import EngineWire
internal import Glibc

/// Serves requests: one thread receives them, so that a cancellation and the end of the client are seen at any time;
/// another owns the engine.
final class Worker: Sendable {
    private let channel: RequestChannel
    private let protections: Protections
    private let control: RunControl
    private let queue = RequestQueue()
    private let feed = RequestFeed()

    init(channel: RequestChannel, protections: Protections) {
        self.channel = channel
        self.protections = protections
        control = RunControl { channel.send(.alive) }
    }

    /// Receives until the client is gone or asks for the end, and then ends the process.
    func receiveRequests() -> Never {
        var isConfined = false
        do {
            try channel.receive { request in
                switch request {
                case .cancel(let id): control.cancel(id)
                case .shutdown: _exit(0)
                case .add(let id, let request): feed.add(request, to: id)
                case .load(_, let load):
                    if !isConfined { protections.confine(to: load) }
                    isConfined = true
                    queue.add(request)
                case .generate, .answer, .measure, .convert, .embed, .describe: queue.add(request)
                }
            }
        } catch {
            lastWords("no request: \(error)")
            _exit(WorkerExit.noRequest)
        }
        // The engine may be in the middle of anything: it is not waited for.
        _exit(0)
    }

    /// Starts the thread that owns the engine.
    ///
    /// Chat templates of models recurse on its stack.
    func startEngineThread() {
        startThread(stackBytes: 64 << 20) { [self] in serve() }
    }

    private func serve() {
        Protections.watchStack()
        let engine: TextEngine
        do {
            engine = try TextEngine(control: control)
        } catch {
            channel.send(.failed(error: error))
            _exit(WorkerExit.noEngine)
        }
        channel.send(.hello(protocolVersion: engineProtocolVersion, engine: TextEngine.name))
        var isConfined = false
        while true {
            let request = queue.take()
            do throws(EngineError) {
                if case .load(_, let load) = request {
                    // Landlock binds threads, and those they start: this one has to enter by itself.
                    if !isConfined { protections.confine(to: load) }
                    isConfined = true
                    try protections.check(load)
                    if let bytes = load.memoryLimitBytes { Protections.limitMemory(to: bytes) }
                }
                channel.send(try answer(request, with: engine))
            } catch {
                channel.send(.failed(error: error))
            }
        }
    }

    private func answer(_ request: EngineRequest, with engine: TextEngine) throws(EngineError) -> EngineEvent {
        switch request {
        case .load(let id, let request):
            control.begin(id)
            var progress = LoadProgress()
            return .loaded(
                model: try engine.load(request) { fraction in
                    if progress.isWorthTelling(fraction) { channel.send(.loading(fraction: fraction)) }
                })
        case .generate(let id, let request):
            control.begin(id)
            return .finished(result: try engine.generate(request) { [channel] in channel.send($0) })
        case .answer(let id):
            control.begin(id)
            try engine.answer(id, from: feed) { channel.send($0) }
            return .answered
        case .measure(let id, let request):
            control.begin(id)
            return .measured(measurement: try engine.measure(request) { channel.send($0) })
        case .convert(let id, let request):
            control.begin(id)
            try engine.convert(request) { [channel] in channel.send($0) }
            return .converted
        case .embed(let id, let request):
            control.begin(id)
            try engine.embed(request) { [channel] in channel.send($0) }
            return .embedded
        case .describe(let id):
            control.begin(id)
            return .described(
                engine: engine.description(
                    protections: protections.inForce, missing: protections.missing))
        case .add, .cancel, .shutdown:
            preconditionFailure("these are handled where requests are received")
        }
    }
}

/// Thins out the progress of a load to about one event a hundredth.
private struct LoadProgress {
    private var told = -1.0

    mutating func isWorthTelling(_ fraction: Double) -> Bool {
        guard fraction - told >= 0.01 || fraction >= 1, fraction > told else { return false }
        told = fraction
        return true
    }
}
