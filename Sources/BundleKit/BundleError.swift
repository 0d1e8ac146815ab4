// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// A package, model file, signature or key that cannot be taken as it is.
package struct BundleError: PresentableError {
    /// What is wrong; the raw value is the identifier that scripts see, or where a `BundleRule` says more its start.
    package enum Code: String, Sendable, CaseIterable {
        // The container
        case notAPackage = "bundle.not-a-package"
        case structure = "bundle.structure"
        case truncated = "bundle.truncated"
        case compressed = "bundle.compressed-entry"
        case encrypted = "bundle.encrypted"
        case unsafeEntryName = "bundle.unsafe-name"
        case duplicateEntry = "bundle.duplicate-entry"
        case tooManyEntries = "bundle.too-many-entries"
        case crcMismatch = "bundle.crc-mismatch"
        // What the package says of itself
        case manifest = "bundle.manifest"
        case manifestMissing = "bundle.manifest-missing"
        case unsupported = "bundle.unsupported"
        case checksums = "bundle.checksums"
        case unlistedEntry = "bundle.unlisted-entry"
        case missingEntry = "bundle.missing-entry"
        case sizeMismatch = "bundle.size-mismatch"
        case digestMismatch = "bundle.digest-mismatch"
        case disagreement = "bundle.disagreement"
        // Model files
        case notAModel = "model.not-gguf"
        case modelHeader = "model.header"
        case missingShard = "model.missing-shard"
        case noWeights = "model.no-weights"
        case sourceChanged = "model.source-changed"
        // Engine packs
        case enginePack = "bundle.engine"
        // Names and requests
        case invalidName = "usage.name"
        case invalidRequest = "usage.request"
        case sourceNotFound = "source.not-found"
        // Signatures
        case signatureMissing = "signature.missing"
        case signatureUnknownKey = "signature.unknown-key"
        case signatureBad = "signature.bad"
        case signatureExpiredKey = "signature.expired-key"
        case signatureRevokedKey = "signature.revoked-key"
        case signatureExpired = "signature.expired"
        case signatureWeakDigest = "signature.weak-digest"
        case signatureNotYetValid = "environment.clock"
        case signatureWrongPurpose = "signature.wrong-purpose"
        case signatureMalformed = "signature.malformed"
        // Keys
        case keyNotFound = "key.not-found"
        case keyAmbiguous = "key.ambiguous"
        case keyUnusable = "key.unusable"
        case keyMalformed = "key.malformed"
        case keyFingerprint = "key.fingerprint"
        case trustUnreadable = "trust.unreadable"
        case trustRollback = "trust.rollback"
        case trustMalformed = "trust.malformed"
        case trustLockout = "trust.lockout"
        case signingFailed = "signing.failed"
        case passphraseNeeded = "signing.passphrase"
        case openPGPUnavailable = "environment.gnupg"
        // Libraries
        case outOfMemory = "internal.out-of-memory"
        case library = "internal.library"
    }

    package let code: Code
    /// Stable and dotted: the code's, or that of the rule that is broken: `bundle.structure.overlap`.
    package let identifier: String
    package let message: String
    package let hint: String?
    /// The error this one explains.
    package let cause: (any Error)?
    /// Whether the message says which package it is about.
    private(set) var namesPackage = false

    package var exitStatus: ExitStatus {
        switch code {
        case .notAPackage, .structure, .truncated, .compressed, .encrypted, .unsafeEntryName, .duplicateEntry,
            .tooManyEntries, .crcMismatch, .manifest, .manifestMissing, .unsupported, .checksums, .unlistedEntry,
            .missingEntry, .sizeMismatch, .digestMismatch, .disagreement, .notAModel, .modelHeader, .missingShard,
            .noWeights, .sourceChanged, .enginePack, .keyMalformed, .trustMalformed:
            .invalidContent
        case .signatureMissing, .signatureUnknownKey, .signatureBad, .signatureExpiredKey, .signatureRevokedKey,
            .signatureExpired, .signatureWeakDigest, .signatureWrongPurpose,
            .signatureMalformed, .keyFingerprint:
            .signature
        case .sourceNotFound, .keyNotFound: .notFound
        case .invalidName, .invalidRequest, .keyAmbiguous: .usage
        case .signatureNotYetValid, .trustUnreadable, .keyUnusable, .signingFailed, .passphraseNeeded,
            .openPGPUnavailable, .outOfMemory:
            .environment
        case .trustRollback, .trustLockout: .policy
        case .library: .unexpected
        }
    }

    /// Makes an error with a code that has no rules.
    package init(_ code: Code, _ message: String, hint: String? = nil, cause: (any Error)? = nil) {
        self.init(code, code.rawValue, message, hint, cause)
    }

    /// Makes an error that names the rule that is broken.
    package init<Rule: BundleRule>(breaking rule: Rule, _ message: String, hint: String? = nil) {
        self.init(Rule.code, rule.identifier, message, hint, nil)
    }

    /// The same error in other words.
    func saying(_ message: String) -> BundleError {
        var error = BundleError(code, identifier, message, hint, cause)
        error.namesPackage = namesPackage
        return error
    }

    /// The same error with the package named.
    func inPackage(_ source: String) -> BundleError {
        let shown = source.escapedForOneLine
        guard !namesPackage else { return self }
        var error = message.hasPrefix("\(shown) ") ? self : saying("\(message) (\(shown))")
        error.namesPackage = true
        return error
    }

    private init(_ code: Code, _ identifier: String, _ message: String, _ hint: String?, _ cause: (any Error)?) {
        self.code = code
        self.identifier = identifier
        self.message = message
        self.hint = hint
        self.cause = cause
    }
}
