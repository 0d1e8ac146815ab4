// SPDX-License-Identifier: Apache-2.0

/// The name of one shard of a model: `<prefix>-00001-of-00003.gguf`.
///
/// Source: `llama_split_path` of llama.cpp.
package struct ShardName: Sendable, Equatable {
    /// Everything before the numbers.
    package let prefix: String
    /// From 1.
    package let number: Int
    /// Shards in all.
    package let count: Int
    /// The ending with its dot: `.gguf`.
    package let ending: String

    /// Takes a file name apart; `nil` where it is no shard's.
    package init?(_ name: String) {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        let stem = name[..<dot]
        let fields = stem.split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count >= 4, fields[fields.count - 2] == "of",
            let number = Self.number(fields[fields.count - 3]), let count = Self.number(fields[fields.count - 1]),
            number >= 1, number <= count
        else { return nil }
        prefix = String(stem.dropLast("-00001-of-00001".count))
        self.number = number
        self.count = count
        ending = String(name[dot...])
    }

    /// The name of another shard of the same model.
    package func name(of number: Int) -> String {
        "\(prefix)-\(Self.padded(number))-of-\(Self.padded(count))\(ending)"
    }

    private static func number(_ digits: Substring) -> Int? {
        guard digits.utf8.count == 5, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(digits)
    }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
}
