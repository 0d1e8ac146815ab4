// SPDX-License-Identifier: Apache-2.0

import EngineRunner
import EngineWire
import Testing

struct RequestFeedTests {
    private func request(_ text: String) -> GenerateRequest { GenerateRequest(prompt: .raw(text: text)) }

    @Test func givesRequestsInTheirOrderUpToTheEnd() {
        let feed = RequestFeed()
        feed.add(request("a"), to: 3)
        feed.add(request("b"), to: 3)
        #expect(feed.next(of: 3, waitingUnless: nil) == .request(request("a")))
        #expect(feed.next(of: 3, waitingUnless: nil) == .request(request("b")))
        #expect(feed.next(of: 3, waitingUnless: nil) == .nothingYet)
        feed.add(nil, to: 3)
        #expect(feed.next(of: 3, waitingUnless: nil) == .end)
        #expect(feed.next(of: 3, waitingUnless: { false }) == .end)
    }

    @Test func keepsBatchesApart() {
        let feed = RequestFeed()
        #expect(feed.next(of: 4, waitingUnless: nil) == .nothingYet)
        feed.add(request("old"), to: 4)
        feed.add(request("new"), to: 5)
        #expect(feed.next(of: 4, waitingUnless: nil) == .end)
        feed.add(request("late"), to: 4)
        #expect(feed.next(of: 5, waitingUnless: nil) == .request(request("new")))
        #expect(feed.next(of: 5, waitingUnless: nil) == .nothingYet)
    }

    @Test func waitingEndsWhenItIsStopped() {
        var asked = 0
        let found = RequestFeed().next(of: 1) {
            asked += 1
            return asked == 2
        }
        #expect(found == .end)
    }
}
