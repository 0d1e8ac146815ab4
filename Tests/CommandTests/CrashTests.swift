// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// A sample of what `make crash` does: commands that are killed, or fail, at calls that write.
@Suite(.enabled(if: Tracing.isAvailable, "needs strace and leave to trace"))
struct CrashTests {
    @Test func aCommandThatIsCutOffLosesNothing() throws {
        let site = try Site()
        let script = Site.checkout.appendingPathComponent("scripts/crash").path
        let result = try site.tool("python3", script, "--baigo", Site.baigo.path, "--every", "149")
        expect(result, endsWith: .done)
        #expect(result.text.split(separator: "\n").count >= 14, "\(result)")
    }
}
