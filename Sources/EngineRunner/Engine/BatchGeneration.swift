// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire

extension LoadedEngine {
    /// Produces several answers together: whenever one ends, the next request takes its place.
    ///
    /// - Parameters:
    ///   - batch: The number of the batch.
    ///   - feed: Gives the requests.
    ///   - emit: Takes `wants` for requests that may be sent, and each `answer` as it ends.
    /// - Throws: `EngineError`, code `computeFailed`; `cancelled`, when some answers are missing.
    func answer(
        _ batch: UInt64, from feed: RequestFeed, emit: (EngineEvent) -> Void
    ) throws(EngineError) {
        held = []
        context.forgetAll()
        defer { context.forgetAll() }
        var places = BatchPlaces(count: context.sequences)
        // So many wait that there is one for each place that becomes free.
        emit(.wants(requests: 2 * context.sequences))
        while true {
            takeRequests(batch, from: feed, into: &places, emit: emit)
            if control.isCancelled { throw Self.batchCancelled }
            guard let tokens = places.fill(atMost: context.batchTokens) else { return }
            try compute(tokens)
            places.advance(in: self, emit: emit)
        }
    }

    /// Gives free places to the next requests.
    private func takeRequests(
        _ batch: UInt64, from feed: RequestFeed, into places: inout BatchPlaces, emit: (EngineEvent) -> Void
    ) {
        while let free = places.firstFree {
            let isIdle = places.isEmpty
            switch feed.next(of: batch, waitingUnless: isIdle ? { self.control.isCancelled } : nil) {
            case .nothingYet, .end: return
            case .request(let request):
                emit(.wants(requests: 1))
                let index = places.started
                places.started += 1
                do throws(EngineError) {
                    places.take(try BatchPlace(index: index, request, in: self), at: free)
                } catch {
                    emit(.answer(answer: BatchAnswer(index: index, error: error)))
                }
            }
        }
    }

    private func compute(_ tokens: [BatchToken]) throws(EngineError) {
        switch context.decode(tokens) {
        case .done: break
        case .aborted: throw Self.batchCancelled
        case .failed(let code):
            throw EngineError(
                .computeFailed, "the engine could not compute (code \(code))",
                hint: "Try a smaller --context or --parallel, or a host with more memory.")
        }
    }

    private static var batchCancelled: EngineError { EngineError(.cancelled, "generating text was cancelled") }
}
