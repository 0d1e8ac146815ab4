// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension PolicyJudge {
    /// Whether the licence is allowed.
    func license(of subject: PolicySubject) -> PolicyFinding {
        let shown = subject.license?.excerptForOneLine ?? "none stated"
        guard policy.documents.contains(where: { $0.states(.license) }) else {
            return PolicyFinding(.license, .notApplicable, shown)
        }
        let allowed = policy.documents.compactMap(\.allowedLicenses).flatMap(\.self).map(\.description)
        let remedy =
            allowed.isEmpty
            ? "a licence other than \(Self.list(policy.documents.flatMap(\.deniedLicenses).map(\.description)))"
            : "one of the licences " + Self.list(allowed)
        switch subject.license.flatMap(Self.expression)?.judged(by: verdict) ?? .unknown {
        case .allowed: return PolicyFinding(.license, .pass, shown)
        case .denied:
            return .against(.license, .licenseDenied, shown, "the licence \(shown) is denied", remedy: remedy)
        case .notAllowed:
            return .against(
                .license, .licenseNotAllowed, shown, "the licence \(shown) is not among those allowed", remedy: remedy)
        case .unknown: return unknown(shown, remedy)
        }
    }

    static func expression(_ words: String) -> LicenseExpression? {
        LicenseExpression(LicenseIdentifier.canonical(words))
    }

    private func unknown(_ shown: String, _ remedy: String) -> PolicyFinding {
        let message = "the licence cannot be judged: \(shown)"
        switch policy.unknownLicense {
        case .allow: return PolicyFinding(.license, .pass, shown)
        case .deny: return .against(.license, .licenseUnknown, shown, message, remedy: remedy)
        case .ask where request.isAcceptingLicense:
            return PolicyFinding(.license, .allowed, shown, remedy: "accepted by \(request.user)")
        case .ask:
            return .against(
                .license, .licenseUnconfirmed, shown, message + "; somebody has to accept it",
                remedy: "--accept-license, or a yes at the terminal", asking: true)
        }
    }

    private func verdict(_ term: LicenseTerm) -> LicenseVerdict {
        if policy.documents.contains(where: { $0.deniedLicenses.contains { $0.denies(term) } }) { return .denied }
        let lists = policy.documents.compactMap(\.allowedLicenses)
        if !lists.isEmpty, lists.allSatisfy({ list in list.contains { $0.allows(term) } }) { return .allowed }
        let isMentioned = lists.contains { list in list.contains { $0.allows(term) } }
        guard isMentioned || LicenseIdentifier.isKnown(term.base) else { return .unknown }
        return lists.isEmpty ? .allowed : .notAllowed
    }
}
