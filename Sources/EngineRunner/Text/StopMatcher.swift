// SPDX-License-Identifier: Apache-2.0

/// Finds the first stop text in a stream, and holds back what could be the start of one.
struct StopMatcher {
    private let stops: [[UInt8]]
    private var held: [UInt8] = []

    /// Whether a stop text was found; nothing comes out after it.
    private(set) var isStopped = false

    /// Makes a matcher; empty texts are ignored.
    init(stops: [String]) {
        self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty }
    }

    /// Takes text and gives back what is certainly before any stop text.
    mutating func append(_ text: String) -> String {
        guard !isStopped else { return "" }
        guard !stops.isEmpty else { return text }
        held.append(contentsOf: text.utf8)
        if let position = firstStop() {
            isStopped = true
            defer { held.removeAll() }
            return String(decoding: held[..<position], as: UTF8.self)
        }
        let safe = held.count - longestPossibleStart()
        defer { held.removeFirst(safe) }
        return String(decoding: held[..<safe], as: UTF8.self)
    }

    /// Gives back what was held.
    mutating func finish() -> String {
        defer { held.removeAll() }
        return String(decoding: held, as: UTF8.self)
    }

    private func firstStop() -> Int? {
        held.indices.first { start in
            stops.contains { held[start...].starts(with: $0) }
        }
    }

    private func longestPossibleStart() -> Int {
        let longest = stops.reduce(0) { max($0, $1.count) } - 1
        let from = max(0, held.count - longest)
        let start = (from..<held.count).first { start in
            stops.contains { $0.starts(with: held[start...]) }
        }
        return held.count - (start ?? held.count)
    }
}
