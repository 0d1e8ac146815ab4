// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import EngineRunner

struct EngineReleaseTests {
    @Test func isTheReleaseThatTheRepositoryPins() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let pinned = try String(contentsOf: root.appendingPathComponent("LLAMA_CPP_VERSION"), encoding: .utf8)
        #expect(pinned.split(separator: "\n").contains("LLAMA_CPP_VERSION=\(EngineRelease.linked)"))
        try EngineRelease.check()
    }
}
