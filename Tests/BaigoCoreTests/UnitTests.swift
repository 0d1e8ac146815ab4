// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Testing

struct UnitTests {
    @Test func digestsReadOnlyLowerCaseHex() {
        let hex = String(repeating: "0af9", count: 16)
        #expect(SHA256Digest(hex: hex)?.hex == hex)
        #expect(SHA256Digest(hex: hex.uppercased()) == nil)
        #expect(SHA256Digest(hex: hex.dropLast()) == nil)
        #expect(SHA256Digest(hex: hex + "0") == nil)
        #expect(SHA256Digest(hex: hex.dropLast() + "g") == nil)
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (4_683_073_536, "4.36 GiB"),
        (Int64.max, "8192 PiB"), (-5, "0 B"),
    ])
    func showsByteCounts(_ bytes: Int64, _ text: String) {
        #expect(ByteCount(bytes).description == text)
    }

    @Test func timesAreReadAsTheyAreWritten() {
        #expect(Timestamp(secondsSinceEpoch: 0).description == "1970-01-01T00:00:00Z")
        #expect(Timestamp("2026-11-21T22:00:00Z")?.secondsSinceEpoch == 1_795_298_400)
        for text in ["2026-11-21 22:00:00Z", "2026-02-30T00:00:00Z", "2026-11-21T22:00:00", "", "x"] {
            #expect(Timestamp(text) == nil)
        }
    }

    @Test func escapesWhatCouldDriveATerminal() {
        #expect("a\u{1B}[31mb\u{202E}c\u{9B}d".escapedForTerminal == "a\\u{1b}[31mb\\u{202e}c\\u{9b}d")
        #expect("a\n\tb é".escapedForTerminal == "a\n\tb é")
        #expect("a\n\tb".escapedForOneLine == "a\\n\\tb")
    }
}
