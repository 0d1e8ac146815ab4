// SPDX-License-Identifier: Apache-2.0

/// A licence expression: identifiers joined with AND and OR, in parentheses where needed.
///
/// Source: SPDX specification 2.3, annex D: `WITH` binds before `AND`, and that before `OR`.
package indirect enum LicenseExpression: Sendable, Equatable {
    case term(LicenseTerm)
    case all([LicenseExpression])
    case any([LicenseExpression])

    /// Bytes and parentheses in parentheses at the most.
    private static let maximumBytes = 4096
    private static let maximumDepth = 64

    /// Reads an expression; `nil` where the text is none.
    ///
    /// Operators are in upper or in lower case.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes, var reader = LicenseReader(text) else { return nil }
        guard let expression = reader.alternatives(depth: Self.maximumDepth), reader.isAtEnd else { return nil }
        self = expression
    }

    /// The licence, where the expression is a single one.
    package var onlyTerm: LicenseTerm? { if case .term(let term) = self { term } else { nil } }

    /// What a judgement of each licence makes of the whole.
    ///
    /// The best alternative decides an OR, the worst part an AND.
    package func judged(by judge: (LicenseTerm) -> LicenseVerdict) -> LicenseVerdict {
        switch self {
        case .term(let term): judge(term)
        case .all(let parts): parts.map { $0.judged(by: judge) }.max() ?? .unknown
        case .any(let choices): choices.map { $0.judged(by: judge) }.min() ?? .unknown
        }
    }
}

/// What a policy makes of a licence, the best first.
package enum LicenseVerdict: Int, Sendable, Comparable {
    case allowed, unknown, notAllowed, denied

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

private struct LicenseReader {
    private var tokens: ArraySlice<Substring>

    init?(_ text: String) {
        var tokens: [Substring] = []
        var rest = text[...]
        while let first = rest.first {
            if first == " " || first == "\t" {
                rest.removeFirst()
            } else if first == "(" || first == ")" {
                tokens.append(rest.prefix(1))
                rest.removeFirst()
            } else {
                let word = rest.prefix { !" \t()".contains($0) }
                guard Self.isWord(word) else { return nil }
                tokens.append(word)
                rest = rest.dropFirst(word.count)
            }
        }
        self.tokens = tokens[...]
    }

    var isAtEnd: Bool { tokens.isEmpty }

    mutating func alternatives(depth: Int) -> LicenseExpression? {
        list(of: "OR", LicenseExpression.any) { reader in
            reader.list(of: "AND", LicenseExpression.all) { $0.part(depth: depth) }
        }
    }

    private mutating func list(
        of word: String, _ join: ([LicenseExpression]) -> LicenseExpression,
        _ next: (inout LicenseReader) -> LicenseExpression?
    ) -> LicenseExpression? {
        guard let first = next(&self) else { return nil }
        var parts = [first]
        while takes(word) {
            guard let part = next(&self) else { return nil }
            parts.append(part)
        }
        return parts.count == 1 ? first : join(parts)
    }

    private mutating func part(depth: Int) -> LicenseExpression? {
        guard let token = tokens.popFirst(), depth > 0 else { return nil }
        if token == "(" {
            guard let inner = alternatives(depth: depth - 1), tokens.popFirst() == ")" else { return nil }
            return inner
        }
        let hasPlus = token.last == "+"
        let identifier = hasPlus ? token.dropLast() : token
        guard Self.isIdentifier(identifier) else { return nil }
        var exception: String?
        if takes("WITH") {
            guard let word = tokens.popFirst(), Self.isIdentifier(word) else { return nil }
            exception = String(word)
        }
        return .term(LicenseTerm(String(identifier), hasPlus: hasPlus, exception: exception))
    }

    private mutating func takes(_ word: String) -> Bool {
        guard let first = tokens.first, first == word || first == word.lowercased() else { return false }
        tokens.removeFirst()
        return true
    }

    private static func isWord(_ word: Substring) -> Bool {
        word.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-.+:".utf8.contains(byte)
        }
    }

    /// An identifier, or the reference to one of another document.
    private static func isIdentifier(_ word: Substring) -> Bool {
        let operators = ["AND", "OR", "WITH", "and", "or", "with"]
        guard !operators.contains(String(word)) else { return false }
        let parts = word.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 1 || (parts.count == 2 && parts[0].hasPrefix("DocumentRef-")) else { return false }
        return parts.allSatisfy { !$0.isEmpty && !$0.contains("+") }
    }
}
