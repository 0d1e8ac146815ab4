// SPDX-License-Identifier: Apache-2.0

/// The verdict on a signature or on all signatures of a package; the raw value is what scripts see.
package enum SignatureStatus: String, Sendable, CaseIterable {
    /// There is no signature.
    case unsigned = "none"
    /// Right, by a key that is known here.
    case valid
    /// By a key that is not known here.
    case unknownKey = "unknown-key"
    /// The content or the signature was changed, or it is no signature over a binary file.
    case bad
    /// Right, by a key that has ended since.
    case expiredKey = "expired-key"
    /// By a key that its owner revoked.
    case revokedKey = "revoked-key"
    /// Right, but it has ended.
    case expiredSignature = "expired-signature"
    /// Made with a digest algorithm that can be cheated.
    case weakDigest = "weak-digest"
    /// Made in the future, as this host's clock has it.
    case notYetValid = "not-yet-valid"

    /// How bad it is among the signatures of known keys; the highest decides.
    var severity: Int {
        switch self {
        case .unsigned: 0
        case .unknownKey: 1
        case .valid: 2
        case .expiredKey: 3
        case .notYetValid: 4
        case .expiredSignature: 5
        case .weakDigest: 6
        case .revokedKey: 7
        case .bad: 8
        }
    }

    /// Whether it refuses a package whatever is required.
    var isFinal: Bool {
        switch self {
        case .unsigned, .unknownKey, .valid, .expiredKey: false
        case .notYetValid, .expiredSignature, .weakDigest, .revokedKey, .bad: true
        }
    }
}
