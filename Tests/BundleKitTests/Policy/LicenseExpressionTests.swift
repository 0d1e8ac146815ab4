// SPDX-License-Identifier: Apache-2.0

import BundleKit
import Testing

@Suite struct LicenseExpressionTests {
    private let known: [String: LicenseVerdict] = ["a": .allowed, "u": .unknown, "n": .notAllowed, "d": .denied]

    @Test(arguments: [
        ("a", LicenseVerdict.allowed), ("a AND u", .unknown), ("a OR d", .allowed), ("d OR a", .allowed),
        ("a AND d", .denied), ("a AND n", .notAllowed), ("n AND u", .notAllowed), ("u OR n", .unknown),
        ("d OR a AND u", .unknown), ("(d OR a) AND a", .allowed), ("(d OR a) AND d", .denied),
        ("a AND (n OR (d OR a))", .allowed), ("a and (n or a)", .allowed), ("((a))", .allowed),
        ("a OR a OR d AND d", .allowed), ("  a\tOR(d)", .allowed),
    ])
    func judgesTheWhole(_ text: String, _ verdict: LicenseVerdict) throws {
        let expression = try #require(LicenseExpression(text))
        #expect(expression.judged { known[$0.description] ?? .unknown } == verdict)
    }

    @Test(arguments: [
        "", " ", "AND", "a AND", "OR a", "a b", "(a", "a)", "()", "a WITH", "a WITH WITH", "WITH a", "a OR OR b",
        "Llama 3 Community License", "a/b", "a_b", "MIT, Apache-2.0", "a++", "+", "a WITH b+", "a:b", "a And b",
        "LicenseRef-ü", "a\nOR b",
    ])
    func refusesWhatIsNoExpression(_ text: String) { #expect(LicenseExpression(text) == nil) }

    @Test func refusesWhatIsTooDeepOrTooLong() {
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        }
        #expect(LicenseExpression(nested(60)) != nil)
        #expect(LicenseExpression(nested(1000)) == nil)
        #expect(LicenseExpression(Array(repeating: "a", count: 2000).joined(separator: " OR ")) == nil)
    }

    @Test func readsSingleLicences() throws {
        #expect(LicenseExpression("DocumentRef-x:LicenseRef-y")?.onlyTerm != nil)
        #expect(LicenseExpression("a OR b")?.onlyTerm == nil)
        let same = ["GPL-2.0-or-later", "GPL-2.0+", "gpl-2.0-OR-LATER"].map { LicenseExpression($0)?.onlyTerm }
        #expect(Set(same).count == 1)
        #expect(LicenseExpression("GPL-2.0-only")?.onlyTerm == LicenseExpression("GPL-2.0")?.onlyTerm)
        #expect(LicenseExpression("MIT")?.onlyTerm != LicenseExpression("MIT+")?.onlyTerm)
        #expect(LicenseExpression("Foo-only")?.onlyTerm != LicenseExpression("Foo")?.onlyTerm)
    }
}

@Suite struct NamePatternTests {
    @Test(arguments: [
        ("*", "acme/model", true), ("acme/*", "acme/model", true), ("acme/*", "acme-evil/model", false),
        ("acme/*", "ACME/model", false), ("acme/*", "acme/", true), ("", "", true), ("", "a", false),
        ("a?c", "abc", true), ("a?c", "ac", false), ("*b*", "abc", true), ("*.gguf", "model/x.gguf", true),
        ("a*b*c", "axxbyyc", true), ("a*b*c", "axxbyy", false), ("demo", "demo2", false), ("**", "x", true),
    ])
    func matches(_ pattern: String, _ name: String, _ expected: Bool) {
        #expect(NamePattern(pattern).matches(name) == expected)
    }

    @Test func staysQuickOnPatternsOfManyStars() {
        let pattern = String(repeating: "a*", count: 500) + "b"
        #expect(!NamePattern(pattern).matches(String(repeating: "a", count: 1000)))
    }
}
