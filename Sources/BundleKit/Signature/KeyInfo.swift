// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What GnuPG says of a key, for people and for the verifier.
package struct KeyInfo: Sendable, Equatable {
    /// A primary key or a subkey.
    package struct Subkey: Sendable, Equatable {
        /// 40 upper-case hexadecimal digits.
        package let fingerprint: String
        /// `ed25519`, `rsa3072`.
        package let algorithm: String
        package let createdAt: Timestamp
        /// `nil` where it never ends.
        package let expiresAt: Timestamp?
        package let isRevoked: Bool
        /// Whether GnuPG cannot use it at all.
        package let isInvalid: Bool
        /// Whether it is meant for signatures.
        package let canSign: Bool
        /// Whether the secret part is at hand.
        let hasSecret: Bool

        /// Whether it may sign at a time.
        func isUsable(at now: Timestamp) -> Bool {
            canSign && !isRevoked && !isInvalid && expiresAt.map { $0 > now } ?? true
        }
    }

    /// The primary key first, then the subkeys.
    package let keys: [Subkey]
    /// The primary key's fingerprint, 40 upper-case hexadecimal digits.
    package var fingerprint: String { primary.fingerprint }
    /// User IDs that the key itself signed and did not revoke, escaped for display; the main one first.
    package let userIDs: [String]
    /// The e-mail addresses of the user IDs, lower case.
    package let addresses: [String]
    let isDisabled: Bool
    private let primary: Subkey

    /// Takes what was listed; `nil` without a key.
    init?(userIDs: [String], addresses: [String], keys: [Subkey], isDisabled: Bool) {
        guard let primary = keys.first else { return nil }
        self.primary = primary
        self.keys = keys
        self.userIDs = userIDs
        self.addresses = addresses
        self.isDisabled = isDisabled
    }

    /// When the primary key was made.
    package var createdAt: Timestamp { primary.createdAt }
    /// When the primary key ends; `nil` where it never does.
    package var expiresAt: Timestamp? { primary.expiresAt }
    /// Whether the whole key was revoked by its owner.
    package var isRevoked: Bool { primary.isRevoked }
    /// The primary key's algorithm: `ed25519`, `rsa3072`.
    package var algorithm: String { primary.algorithm }
    /// Whether the key or one of its subkeys is meant for signatures.
    package var canSign: Bool { keys.contains(where: \.canSign) }

    /// Whether a signature that its owner makes at a time would count: neither revoked nor expired, with a part that
    /// signs.
    func canMakeTrusted(at now: Timestamp) -> Bool {
        !isRevoked && expiresAt.map { $0 > now } ?? true && keys.contains { $0.isUsable(at: now) }
    }

    /// Whether a signature can be made with it now: neither revoked nor expired, a signing part with its secret.
    func canMakeSignatures(at now: Timestamp) -> Bool {
        !isDisabled && !isRevoked && expiresAt.map { $0 > now } ?? true
            && keys.contains { $0.isUsable(at: now) && $0.hasSecret }
    }

    /// The key as `--json` shows it.
    package var json: JSONValue {
        [
            "algorithm": .string(algorithm), "createdAt": .string(createdAt.description),
            "expiresAt": .text(expiresAt?.description), "fingerprint": .string(fingerprint),
            "revoked": .bool(isRevoked),
            "subkeys": .array(
                keys.dropFirst().map {
                    [
                        "algorithm": .string($0.algorithm), "createdAt": .string($0.createdAt.description),
                        "expiresAt": .text($0.expiresAt?.description), "fingerprint": .string($0.fingerprint),
                        "revoked": .bool($0.isRevoked), "signs": .bool($0.canSign),
                    ]
                }),
            "userIDs": .array(userIDs.map(JSONValue.string)),
        ]
    }
}
