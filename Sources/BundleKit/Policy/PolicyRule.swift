// SPDX-License-Identifier: Apache-2.0

/// A rule of a policy; the raw value is what `policy.rules` and `--override` call it.
package enum PolicyRule: String, Sendable, CaseIterable, Hashable {
    /// Whether a signature is there, and what it is worth; refused with the statuses of signatures.
    case signature
    /// How many distinct keys signed.
    case threshold
    /// Which signer may ship which names.
    case signerScope = "signer-scope"
    /// From when on a signer's signatures count.
    case signingDate = "signing-date"
    case license
    case format
    case architecture
    /// How large a package may be.
    case size
    /// How much a store may hold.
    case quota
    case downgrade
    case scanner
    /// Whether the engine of this host loads the model and gives a token.
    case probe
    /// What may leave this host by `export`.
    case export

    /// Whether a policy can let users override it for one import.
    package var isOverridable: Bool {
        switch self {
        case .signature, .export: false
        case .threshold, .signerScope, .signingDate, .license, .format, .architecture, .size, .quota, .downgrade,
            .scanner, .probe:
            true
        }
    }
}
