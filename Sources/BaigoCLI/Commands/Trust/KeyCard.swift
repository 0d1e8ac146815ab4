// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// What is shown of a key.
enum KeyCard {
    /// Fingerprint, owner and times, a line each.
    static func text(_ info: KeyInfo) -> String {
        var card = TextCard()
        card.add("fingerprint", info.fingerprint)
        for user in info.userIDs { card.add("user", user) }
        card.add("algorithm", info.algorithm)
        card.add("made", info.createdAt.description)
        card.add("ends", info.expiresAt?.description ?? "never")
        card.add("revoked", info.isRevoked ? "yes" : nil)
        return card.text
    }

    /// A trusted key, with what GnuPG says of it where that was asked.
    static func json(_ key: TrustedKey, _ info: KeyInfo?) -> JSONValue {
        let trusted = key.json.object ?? [:]
        return .object(trusted.merging(info?.json.object ?? [:]) { own, _ in own })
    }
}
