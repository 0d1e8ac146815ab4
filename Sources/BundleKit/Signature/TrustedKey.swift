// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// A key that somebody on this host decided to trust, and for what.
package struct TrustedKey: Sendable, Equatable {
    /// The key itself.
    package let block: PublicKeyBlock
    /// Its user IDs when it was added, escaped for display; the main one first.
    package let userIDs: [String]
    /// What it may sign.
    package let purposes: Set<KeyPurpose>
    /// When it was added first.
    package let addedAt: Timestamp
    /// The user who added it first.
    package let addedBy: String
    /// Whether a trust bundle brought it.
    package let isManaged: Bool

    /// The primary key's fingerprint, 40 upper-case hexadecimal digits.
    package var fingerprint: String { block.fingerprint }

    /// Takes a key with the decision about it.
    package init(
        block: PublicKeyBlock, userIDs: [String], purposes: Set<KeyPurpose>, addedAt: Timestamp, addedBy: String,
        isManaged: Bool = false
    ) {
        self.block = block
        self.userIDs = userIDs
        self.purposes = purposes
        self.addedAt = addedAt
        self.addedBy = addedBy
        self.isManaged = isManaged
    }

    /// The decision as `keys.json` and `--json` show it.
    package var json: JSONValue { TrustRecords.Record(self).json }
}
