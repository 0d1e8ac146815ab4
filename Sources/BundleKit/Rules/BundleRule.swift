// SPDX-License-Identifier: Apache-2.0

/// A rule that readers enforce, one of those that share a code of `BundleError`.
///
/// The rules of design and format page that have a code to themselves are not repeated here.
package protocol BundleRule: RawRepresentable<String>, CaseIterable, Hashable, Sendable {
    /// The code of errors that name a rule of this kind.
    static var code: BundleError.Code { get }
}

extension BundleRule {
    /// Stable and dotted: the code's identifier and the rule's own word.
    package var identifier: String { "\(Self.code.rawValue).\(rawValue)" }

    /// The identifiers of all rules of this kind.
    package static var identifiers: [String] { allCases.map(\.identifier) }
}

extension BundleError {
    /// Every kind of rule.
    package static let ruleKinds: [any BundleRule.Type] = [
        StructureRule.self, BundleStructureRule.self, NameRule.self, DuplicateRule.self, ManifestRule.self,
        UnsupportedRule.self,
        ChecksumRule.self, ModelHeaderRule.self, EngineRule.self,
    ]

    /// All identifiers that an error of this library can have.
    package static var identifiers: [String] {
        let codes = ruleKinds.map { $0.code }
        return Code.allCases.filter { !codes.contains($0) }.map(\.rawValue) + ruleKinds.flatMap { $0.identifiers }
    }
}
