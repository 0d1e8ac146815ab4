// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What the README promises to whoever comes new.
struct QuickstartTests {
    @Test func theQuickstartCarriesAModelAcrossAndGetsTheRightAnswer() throws {
        let site = try Site()
        let script = Site.checkout.appendingPathComponent("scripts/quickstart").path
        let programs = URL(fileURLWithPath: Site.baigo.path).deletingLastPathComponent().path
        let result = try site.tool("bash", script, programs)
        expect(result, endsWith: .done)
        #expect(result.text.contains("# Ask the model"))
    }
}
