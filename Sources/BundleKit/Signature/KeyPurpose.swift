// SPDX-License-Identifier: Apache-2.0

/// What a trusted key may sign.
package enum KeyPurpose: String, Sendable, CaseIterable, Comparable {
    /// Packages of models.
    case models
    /// Engine packs, which are code.
    case engines
    /// Releases of baigo itself.
    case releases
    /// Changes of what is trusted.
    case trust

    /// The purpose that a manifest's `kind` asks for; `nil` where no key can have it.
    package init?(manifestKind: String) {
        switch manifestKind {
        case "model": self = .models
        case "engine": self = .engines
        case "trust": self = .trust
        default: return nil
        }
    }

    package static func < (left: KeyPurpose, right: KeyPurpose) -> Bool { left.rawValue < right.rawValue }
}
