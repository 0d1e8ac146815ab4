// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// The stored versions that came in with the signature of a key that is revoked now.
struct RevocationEffect {
    let versions: [StoredVersion]

    /// Looks through the receipts.
    ///
    /// - Parameters:
    ///   - fingerprints: Primary keys, 40 upper-case digits each.
    ///   - store: The store.
    /// - Throws: `StoreError`, `FileError`.
    init(of fingerprints: Set<String>, in store: ModelStore) throws {
        guard !fingerprints.isEmpty else {
            versions = []
            return
        }
        versions = try store.list().models.flatMap(\.versions).filter { version in
            let receipt = try store.resolve(version.exactReference, checkingSizes: false).receipt
            let signers = receipt.signature["signers"]?.array ?? []
            return signers.contains { $0["fingerprint"]?.string.map(fingerprints.contains) ?? false }
        }
    }

    /// The versions as `--json` shows them.
    var json: JSONValue {
        .array(
            versions.map { ["reference": .string($0.exactReference.description), "active": .bool($0.isActive)] })
    }

    /// A line for each version.
    func show(_ out: any OutputTarget) throws {
        for version in versions {
            let state = version.isActive ? ", active" : ""
            try out.line("warning: \(version.exactReference) was signed by it\(state)")
        }
    }
}
