// SPDX-License-Identifier: Apache-2.0

internal import EngineWire

/// Sends text on at most so often, and joins what comes in between.
///
/// Whoever receives an event takes a processor from the threads that compute the next token, and all of them wait for
/// the last one: fewer events make more tokens. The first piece goes out at once, and so does every piece of a model
/// that is slower than the interval.
struct TextPacer {
    private let interval: Duration
    private let now: () -> SuspendingClock.Instant
    private let emit: (EngineEvent) -> Void
    private var held: [TextDelta] = []
    private var nextSending: SuspendingClock.Instant?

    /// Makes a pacer.
    ///
    /// - Parameters:
    ///   - interval: The least time between two events.
    ///   - now: The clock.
    ///   - emit: Takes the events.
    init(
        interval: Duration = .milliseconds(30), now: @escaping () -> SuspendingClock.Instant = { .now },
        emit: @escaping (EngineEvent) -> Void
    ) {
        self.interval = interval
        self.now = now
        self.emit = emit
    }

    /// Takes text, and sends all there is when it is time.
    mutating func append(_ deltas: [TextDelta]) {
        for delta in deltas {
            if let last = held.last, last.channel == delta.channel {
                held[held.count - 1] = TextDelta(channel: delta.channel, text: last.text + delta.text)
            } else {
                held.append(delta)
            }
        }
        guard !held.isEmpty else { return }
        let time = now()
        if let nextSending, time < nextSending { return }
        nextSending = time + interval
        finish()
    }

    /// Sends what is left.
    mutating func finish() {
        held.forEach { emit(.text(delta: $0)) }
        held.removeAll()
    }
}
