// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// A policy that cannot be used, or a package that one refuses.
package struct PolicyError: PresentableError {
    /// What is wrong; the raw value is the identifier that scripts see.
    package enum Code: String, Sendable, CaseIterable {
        // The policy itself
        case unreadable = "policy.unreadable"
        case malformed = "policy.malformed"
        // What refuses a package
        case threshold = "policy.threshold"
        case signerScope = "policy.signer-scope"
        case signingDate = "policy.signing-date"
        case licenseDenied = "policy.license-denied"
        case licenseNotAllowed = "policy.license-not-allowed"
        case licenseUnknown = "policy.license-unknown"
        case licenseUnconfirmed = "policy.license-unconfirmed"
        case redistribution = "policy.redistribution"
        case format = "policy.format"
        case architecture = "policy.architecture"
        case size = "policy.size"
        case quota = "policy.quota"
        case downgrade = "policy.downgrade"
        case scanner = "policy.scanner"
        case scannerTimeout = "policy.scanner-timeout"
        case scannerUnavailable = "policy.scanner-unavailable"
        case notScanned = "policy.not-scanned"
        case probe = "policy.probe"
        case probeUnavailable = "policy.probe-unavailable"
        case override = "policy.override"
    }

    package let code: Code
    package let message: String
    package let hint: String?
    /// The error this one explains.
    package let cause: (any Error)?
    /// What goes into the audit log with the refusal.
    package private(set) var evidence: JSONValue?

    package var identifier: String { code.rawValue }

    package var exitStatus: ExitStatus {
        switch code {
        case .unreadable, .scannerUnavailable, .probeUnavailable: .environment
        case .malformed: .invalidContent
        case .threshold, .signerScope, .signingDate, .licenseDenied, .licenseNotAllowed, .licenseUnknown,
            .licenseUnconfirmed, .redistribution, .format, .architecture, .size, .quota, .downgrade, .scanner,
            .scannerTimeout, .notScanned, .probe, .override:
            .policy
        }
    }

    /// Makes an error.
    package init(_ code: Code, _ message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
    }

    /// The same error with something for the audit log.
    package func with(evidence: JSONValue) -> PolicyError {
        var copy = self
        copy.evidence = evidence
        return copy
    }

    /// Says what is wrong in the text of a policy.
    static func malformed(_ reason: String) -> PolicyError {
        PolicyError(.malformed, "the policy \(reason)", hint: "docs/policy.md lists the keys and their values.")
    }

    /// The policy file at `path` that this error makes unusable.
    package func inFile(_ path: String) -> PolicyError {
        PolicyError(
            .unreadable, "the policy \(path.escapedForOneLine) cannot be used: \(message)",
            hint: "Mend the file, or restore it from a backup; until then nothing is decided by it.", cause: self)
    }
}
