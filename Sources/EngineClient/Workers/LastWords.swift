// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// The end of what a worker wrote to standard error.
struct LastWords: Sendable {
    private static let keptBytes = 8 << 10
    private var bytes: [UInt8] = []

    /// Takes bytes as they arrived; only the last 8 KiB are kept.
    mutating func append(_ new: some Collection<UInt8>) {
        bytes.append(contentsOf: new.suffix(Self.keptBytes))
        if bytes.count > Self.keptBytes { bytes.removeFirst(bytes.count - Self.keptBytes) }
    }

    /// The text, safe for a terminal, as the end of a message; empty when there is none.
    var asEnding: String {
        let text = String(decoding: bytes, as: UTF8.self)
            .drop { $0.isWhitespace }
        guard let last = text.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return "; its last words: " + String(text[...last]).escapedForTerminal
    }
}
