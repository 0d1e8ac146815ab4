// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// One policy file: a whole policy, with defaults for what it leaves out.
///
/// Source: `docs/policy.md`.
package struct PolicyDocument: Sendable, Equatable {
    /// `[[signer]]`: what a signer may sign.
    package struct Signer: Sendable, Equatable {
        /// A primary key's fingerprint; `nil` stands for every signer without an entry.
        package let fingerprint: String?
        /// Names of models it may sign.
        package let names: [NamePattern]
        /// Signatures made before do not count.
        package let notBefore: Timestamp?
    }

    /// `[scanner]`: a program that looks at the files before they are committed.
    package struct Scanner: Sendable, Equatable {
        /// The program, an absolute path, and its arguments; `{}` stands for the folder, else it comes last.
        package let command: [String]
        /// Seconds.
        package let timeout: Int64
        /// Bytes of a file at the most that the scanner is given.
        package let maximumFileSize: ByteCount?
        /// Paths of larger files that may pass unscanned.
        package let unscanned: [NamePattern]
    }

    /// `[[override]]`: who may override a rule for one import.
    package struct Override: Sendable, Equatable {
        package let rule: PolicyRule
        package let users: Set<String>
    }

    /// What happens when the license cannot be judged.
    package enum UnknownLicense: String, Sendable, CaseIterable, Comparable {
        case allow, ask, deny

        private var strictness: Int { self == .allow ? 0 : self == .ask ? 1 : 2 }
        package static func < (left: Self, right: Self) -> Bool { left.strictness < right.strictness }
    }

    /// What becomes of models whose signer's key is revoked.
    package enum RevocationResponse: String, Sendable, CaseIterable, Comparable {
        case warn, deactivate

        package static func < (left: Self, right: Self) -> Bool { left == .warn && right == .deactivate }
    }

    /// The keys that the file has, `signature.required` for example.
    package internal(set) var statedKeys: Set<String> = []
    package internal(set) var required = SignaturePolicy.Requirement.auto
    /// Distinct primary keys whose signatures are needed.
    package internal(set) var threshold: Int64 = 0
    package internal(set) var acceptedExpiredKeys: Set<String> = []
    package internal(set) var acceptedOtherPurposeKeys: Set<String> = []
    package internal(set) var onRevocation = RevocationResponse.warn
    package internal(set) var signers: [Signer] = []
    /// `nil` allows every licence that is not denied.
    package internal(set) var allowedLicenses: [LicenseTerm]?
    package internal(set) var deniedLicenses: [LicenseTerm] = []
    package internal(set) var unknownLicense = UnknownLicense.allow
    package internal(set) var needsRedistribution = false
    /// Licences that stop an export, beside those that are known to forbid redistribution.
    package internal(set) var deniedExportLicenses: [LicenseTerm] = []
    /// Licences that are no known ones of SPDX and let a model be passed on all the same.
    package internal(set) var allowedExportLicenses: [LicenseTerm] = []
    /// `nil` allows every format but those that hold pickles.
    package internal(set) var allowedFormats: Set<String>?
    package internal(set) var allowedArchitectures: Set<String>?
    package internal(set) var deniedArchitectures: Set<String> = []
    package internal(set) var maximumPackage: ByteCount?
    package internal(set) var quota: ByteCount?
    package internal(set) var isDowngradeAllowed = true
    package internal(set) var scanner: Scanner?
    /// Whether a model has to be loaded by the engine once before it is committed.
    package internal(set) var needsProbe = false
    package internal(set) var overrides: [Override] = []

    /// The policy of a host without policy files.
    package init() {}

    /// Whether the file says anything about a rule.
    package func states(_ rule: PolicyRule) -> Bool {
        switch rule {
        case .signature: statesAny("signature.required")
        case .threshold: statesAny("signature.threshold")
        case .signerScope, .signingDate: statesAny("signer")
        case .license: statesAny("license.allow", "license.deny", "license.unknown")
        // Without a list the file denies pickles.
        case .format: true
        case .architecture: statesAny("architecture.allow", "architecture.deny")
        case .size: statesAny("size.package")
        case .quota: statesAny("store.quota")
        case .downgrade: statesAny("downgrade.allowed")
        case .scanner: statesAny("scanner.command")
        case .probe: statesAny("probe.required")
        case .export: statesAny("export.redistribution", "export.deny", "export.allow")
        }
    }

    /// Whether the file lets a user override a rule.
    package func lets(_ user: String, override rule: PolicyRule) -> Bool {
        overrides.contains { $0.rule == rule && $0.users.contains(user) }
    }

    private func statesAny(_ keys: String...) -> Bool { keys.contains(where: statedKeys.contains) }
}
