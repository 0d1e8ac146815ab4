// SPDX-License-Identifier: Apache-2.0

import EngineWire
import Testing

@testable import EngineRunner

struct TextPacerTests {
    /// Runs a pacer of 30 ms under a clock that moves as told.
    private func events(_ pieces: [(at: Int, TextDelta)]) -> [[TextDelta]] {
        let start = SuspendingClock.now
        var time = start
        var sent: [TextDelta] = []
        var pacer = TextPacer(interval: .milliseconds(30), now: { time }) { event in
            if case .text(let delta) = event { sent.append(delta) }
        }
        var steps: [[TextDelta]] = []
        for (milliseconds, delta) in pieces {
            time = start + .milliseconds(milliseconds)
            pacer.append([delta])
            steps.append(sent)
            sent = []
        }
        pacer.finish()
        return steps + [sent]
    }

    private func content(_ text: String) -> TextDelta { TextDelta(channel: .content, text: text) }

    @Test func sendsTheFirstPieceAtOnceAndJoinsTheNext() {
        let steps = events([
            (0, content("a")), (5, content("b")), (29, content("c")), (30, content("d")), (31, content("e")),
        ])
        #expect(steps == [[content("a")], [], [], [content("bcd")], [], [content("e")]])
    }

    @Test func sendsEveryPieceOfASlowModel() {
        let steps = events([(0, content("a")), (40, content("b")), (80, content("c"))])
        #expect(steps == [[content("a")], [content("b")], [content("c")], []])
    }

    @Test func keepsReasoningAndAnswerApartAndInOrder() {
        let thought = TextDelta(channel: .reasoning, text: "hm")
        let steps = events([(0, thought), (1, thought), (2, content("yes")), (3, thought)])
        #expect(steps.last == [thought, content("yes"), thought])
    }
}
