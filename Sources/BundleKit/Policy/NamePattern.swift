// SPDX-License-Identifier: Apache-2.0

/// A pattern of names: `*` stands for any characters, `/` included, and `?` for one.
package struct NamePattern: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    /// Takes a pattern; every text is one.
    package init(_ text: String) {
        description = text
    }

    /// Whether the whole of a name fits, byte by byte, in time that grows with the product of both lengths at most.
    package func matches(_ name: String) -> Bool {
        let pattern = Array(description.utf8)
        let name = Array(name.utf8)
        var (place, at) = (0, 0)
        var star: (place: Int, at: Int)?
        while at < name.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == UInt8(ascii: "?") || pattern[place] == name[at] {
                place += 1
                at += 1
            } else if let last = star {
                star = (last.place, last.at + 1)
                place = last.place + 1
                at = last.at + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
