// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// The names of the files and folders of a store.
enum StoreLayout {
    static let lock = "lock"
    static let blobs = "blobs"
    static let models = "models"
    static let staging = "staging"
    static let audit = "audit"
    static let trust = "trust"
    static let engines = "engines"
    /// What a check moved aside, a folder for each time.
    static let quarantine = "quarantine"
    static let index = "index-1.sqlite"
    /// Stands for the publisher of names that have none.
    static let noPublisher = "_"
    static let active = "active"
    static let history = "history.jsonl"
    /// A line for each version that is not removed without force.
    static let pinned = "pinned"
    /// A line for each option that the model is loaded with.
    static let options = "options"
    static let receipt = "receipt.json"
    static let package = "package"

    /// Whether a name may be in a home before there is a store: what an administrator lays there, what a file system
    /// brings along, and what a first command that was killed leaves.
    static func isEarly(_ name: String) -> Bool {
        name.hasPrefix(".") || [lock, trust, "policy.toml", engines, "lost+found"].contains(name)
    }

    /// Whether a file beside the versions of a model is one that baigo puts there.
    static func isModelFile(_ name: String) -> Bool { [active, history, pinned, options].contains(name) }

    /// Digits of the identity in the name of a version's folder.
    static let identityDigits = 12

    /// The name of a version's folder: `2026.11~0123456789ab`.
    static func folderName(_ version: PackageVersion, _ identity: SHA256Digest) -> String {
        "\(version)~\(identity.hex.prefix(identityDigits))"
    }
}
