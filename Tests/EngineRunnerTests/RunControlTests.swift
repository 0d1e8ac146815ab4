// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import EngineRunner

struct RunControlTests {
    @Test func cancelsOnlyTheRequestOfThatNumber() {
        let control = RunControl {}
        #expect(!control.isCancelled)
        control.begin(1)
        control.cancel(2)
        #expect(!control.isCancelled)
        control.begin(2)
        #expect(control.isCancelled, "a cancellation may come before the request begins")
        #expect(!control.pulse())
        control.begin(3)
        #expect(control.pulse())
    }

    @Test func beatsNoMoreOftenThanTheInterval() {
        let beats = Atomic(0)
        let seldom = RunControl(interval: .seconds(3600)) { beats.add(1, ordering: .relaxed) }
        for _ in 0..<1000 { _ = seldom.pulse() }
        #expect(beats.load(ordering: .relaxed) == 0)
        let always = RunControl(interval: .zero) { beats.add(1, ordering: .relaxed) }
        for _ in 0..<1000 { _ = always.pulse() }
        #expect(beats.load(ordering: .relaxed) == 999)
    }
}
