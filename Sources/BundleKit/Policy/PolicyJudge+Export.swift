// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension PolicyJudge {
    /// Words that forbid to pass a model on, whatever a policy says.
    private static let closed: Set<String> = [
        "proprietary", "all-rights-reserved", "unlicensed", "no-redistribution", "internal-use-only",
    ]
    private static let reference = "licenseref-"

    /// Judges whether a model may leave this host.
    ///
    /// - Parameters:
    ///   - license: As the manifest has it.
    ///   - policy: The policy of the exporting host and store.
    /// - Returns: The finding of the rule `export`.
    package static func export(license: String?, _ policy: Policy) -> PolicyFinding {
        let shown = license?.excerptForOneLine ?? "none stated"
        let remedy = "a licence that lets the model be passed on"
        switch verdict(license, policy) {
        case .allowed: return PolicyFinding(.export, .pass, shown)
        case .denied, .notAllowed:
            return .against(
                .export, .redistribution, shown, "the licence \(shown) does not let the model be passed on",
                remedy: remedy)
        case .unknown where policy.needsRedistribution:
            return .against(
                .export, .redistribution, shown, "nothing is known of passing the model on; its licence: \(shown)",
                remedy: remedy + ", known to SPDX or listed in export.allow")
        case .unknown: return PolicyFinding(.export, .pass, shown)
        }
    }

    private static func verdict(_ license: String?, _ policy: Policy) -> LicenseVerdict {
        guard let license else { return .unknown }
        guard let expression = expression(license) else {
            let words = license.lowercased().split { $0 == " " || $0 == "_" }.joined(separator: "-")
            return closed.contains(words) ? .denied : .unknown
        }
        return expression.judged { term in
            let word = term.base.hasPrefix(reference) ? String(term.base.dropFirst(reference.count)) : term.base
            if closed.contains(word) { return .denied }
            if policy.documents.contains(where: { $0.deniedExportLicenses.contains { $0.denies(term) } }) {
                return .denied
            }
            if LicenseIdentifier.isKnown(term.base) { return .allowed }
            let isListed = policy.documents.filter(\.needsRedistribution).allSatisfy { document in
                document.allowedExportLicenses.contains { $0.allows(term) }
            }
            return isListed ? .allowed : .unknown
        }
    }
}
