// SPDX-License-Identifier: Apache-2.0

internal import CLlamaChat

/// Passes texts to C, each with its length and followed by a zero byte.
enum TextList {
    /// Runs `body` with the texts, which live until it returns.
    static func with<Result>(_ texts: [String], _ body: ([baigo_text]) -> Result) -> Result {
        var storage: [UInt8] = []
        var ranges: [Range<Int>] = []
        for text in texts {
            let start = storage.count
            storage.append(contentsOf: text.utf8)
            ranges.append(start..<storage.count)
            storage.append(0)
        }
        return storage.withUnsafeBytes { bytes in
            let characters = bytes.bindMemory(to: CChar.self)
            guard let first = characters.baseAddress else { return body([]) }
            return body(ranges.map { baigo_text(bytes: first + $0.lowerBound, length: $0.count) })
        }
    }
}

extension baigo_text {
    /// The text, with U+FFFD for bytes that are no UTF-8.
    var string: String {
        String(decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
    }
}
