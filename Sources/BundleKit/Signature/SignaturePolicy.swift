// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What a store demands of signatures.
package struct SignaturePolicy: Sendable, Equatable {
    /// When a signature is required.
    package enum Requirement: String, Sendable, CaseIterable {
        /// Since the first key was added.
        case auto
        /// In any case; nothing loosens it.
        case always
        /// Never.
        case never
    }

    /// What the command line says about it.
    package enum Request: Sendable, CaseIterable {
        /// Nothing: the store decides.
        case asTheStoreSays
        /// Require a signature here.
        case requireSignature
        /// Let unsigned packages and unknown signers pass.
        case allowUnsigned
    }

    package let requirement: Requirement
    /// Fingerprints of primary keys whose signatures are accepted although the key has ended since, where they were
    /// made before.
    package let acceptedExpiredKeys: Set<String>
    /// Fingerprints of primary keys whose signatures are accepted although they are trusted for something else.
    package let acceptedOtherPurposeKeys: Set<String>

    /// Takes the rules.
    package init(
        requirement: Requirement = .auto, acceptedExpiredKeys: Set<String> = [],
        acceptedOtherPurposeKeys: Set<String> = []
    ) {
        self.requirement = requirement
        self.acceptedExpiredKeys = acceptedExpiredKeys
        self.acceptedOtherPurposeKeys = acceptedOtherPurposeKeys
    }

    /// Whether a signature is required.
    ///
    /// - Parameters:
    ///   - isLatched: Whether a key was ever added to the store.
    ///   - request: What the command line says; it can only tighten this.
    /// - Returns: Whether a package without a trusted signature is refused.
    package func requiresSignature(isLatched: Bool, request: Request) -> Bool {
        switch requirement {
        case .always: true
        case .auto: isLatched || request == .requireSignature
        case .never: request == .requireSignature
        }
    }

    /// Decides about a package by its signatures.
    ///
    /// - Parameters:
    ///   - report: What is known of the signatures.
    ///   - isLatched: Whether a key was ever added to the store.
    ///   - request: What the command line says.
    /// - Returns: Whether it may pass, and why not; every verdict has its own code.
    package func decide(_ report: SignatureReport, isLatched: Bool, request: Request) -> SignatureDecision {
        let isRequired = requiresSignature(isLatched: isLatched, request: request)
        func passing(_ error: BundleError, mayBeWaived: Bool) -> SignatureDecision {
            if !isRequired { return .accept(trusted: false, warnings: [error.asWarning]) }
            guard mayBeWaived, request == .allowUnsigned, requirement != .always else { return .refuse(error) }
            return .acceptByLeave(warnings: [error.asWarning])
        }
        if let fault = report.fault { return .refuse(fault) }
        let refusal = BundleError.refusal(report)
        switch report.status {
        case .unsigned, .unknownKey:
            return passing(refusal, mayBeWaived: true)
        case .expiredKey:
            let expired = report.decidingSigners
            let isAccepted = expired.allSatisfy(accepts)
            return isAccepted
                ? .accept(trusted: true, warnings: [refusal.asWarning]) : passing(refusal, mayBeWaived: false)
        case .valid:
            if report.signers.contains(where: \.trusted) { return .accept(trusted: true, warnings: []) }
            let isAccepted = report.decidingSigners.contains(where: accepts)
            return isAccepted
                ? .accept(trusted: true, warnings: [refusal.asWarning]) : passing(refusal, mayBeWaived: false)
        case .bad, .weakDigest, .expiredSignature, .revokedKey, .notYetValid:
            return .refuse(refusal)
        }
    }

    /// Whether a signature counts as that of a trusted key.
    package func counts(_ signer: SignatureReport.Signer) -> Bool { signer.trusted || accepts(signer) }

    /// Whether a signature counts although its key has ended since or is trusted for something else.
    private func accepts(_ signer: SignatureReport.Signer) -> Bool {
        guard let fingerprint = signer.fingerprint else { return false }
        guard signer.hasPurpose || acceptedOtherPurposeKeys.contains(fingerprint) else { return false }
        return switch signer.status {
        case .valid: true
        case .expiredKey: signer.madeWhileValid == true && acceptedExpiredKeys.contains(fingerprint)
        case .unsigned, .unknownKey, .bad, .revokedKey, .expiredSignature, .weakDigest, .notYetValid: false
        }
    }
}

/// What becomes of a package because of its signatures.
package enum SignatureDecision: Sendable {
    /// It may pass.
    case accept(trusted: Bool, warnings: [Warning])
    /// It passes untrusted, only because `--allow-unsigned` was given; this has to be audited.
    case acceptByLeave(warnings: [Warning])
    /// It may not pass.
    case refuse(BundleError)
}
