// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Synchronization

/// Shows progress on standard error: bytes, rate and time left of each phase.
final class ProgressDisplay: ProgressObserver {
    /// How progress is shown.
    enum Style { case bar, plain, json }

    private struct State {
        var phase: ProgressPhase?
        var started = ContinuousClock.now
        var shown: ContinuousClock.Instant?
        var isComplete = false
    }

    private let style: Style
    private let target: any OutputTarget
    private let state = Mutex(State())

    init(style: Style, target: any OutputTarget) {
        self.style = style
        self.target = target
    }

    func report(_ phase: ProgressPhase, completed: Int64, total: Int64) {
        let now = ContinuousClock.now
        let interval: Duration = style == .plain ? .seconds(5) : .milliseconds(100)
        let elapsed = state.withLock { state -> Duration? in
            if state.phase != phase { state = State(phase: phase, started: now) }
            let isLast = completed >= total
            if state.isComplete { return nil }
            if !isLast, let shown = state.shown ?? (style == .plain ? state.started : nil), now - shown < interval {
                return nil
            }
            state.shown = now
            state.isComplete = isLast
            return now - state.started
        }
        guard let elapsed else { return }
        // A reader of standard error that went away takes nothing from the work itself.
        try? show(ProgressLine(phase: phase, completed: completed, total: total, elapsed: elapsed))
    }

    private func show(_ line: ProgressLine) throws(FileError) {
        switch style {
        case .json: try target.event(line.json)
        case .plain: try target.line(line.text)
        case .bar: try target.text("\r\u{1B}[K" + line.text + (line.completed >= line.total ? "\n" : ""))
        }
    }
}

private struct ProgressLine {
    let phase: ProgressPhase
    let completed: Int64
    let total: Int64
    let elapsed: Duration

    private var bytesPerSecond: Double? {
        let seconds = elapsed / .seconds(1)
        return seconds > 0.001 ? Double(completed) / seconds : nil
    }

    private var secondsLeft: Int? {
        guard let bytesPerSecond, bytesPerSecond > 0 else { return nil }
        return Int(exactly: (Double(max(0, total - completed)) / bytesPerSecond).rounded(.up))
    }

    var text: String {
        var parts = ["\(phase.rawValue): \(ByteCount(completed)) of \(ByteCount(total))"]
        if let bytesPerSecond { parts.append("\(ByteCount(Int64(bytesPerSecond)))/s") }
        if completed < total, let secondsLeft { parts.append("\(secondsLeft) s left") }
        return parts.joined(separator: ", ")
    }

    var json: [String: JSONValue] {
        [
            "phase": .string(phase.rawValue), "completed": .integer(completed), "total": .integer(total),
            "bytesPerSecond": .number(bytesPerSecond.map { Int64($0) }), "secondsLeft": .number(secondsLeft),
        ]
    }
}
