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

    /// Does what the policy says of models whose signer's key is revoked.
    ///
    /// - Returns: Whether the active ones among them are active no more.
    /// - Throws: `PolicyError`, `StoreError`, `FileError`.
    func respond(in store: ModelStore) throws -> Bool {
        guard !versions.isEmpty, try store.policy().onRevocation == .deactivate else { return false }
        for version in versions where version.isActive {
            try store.deactivate(version, details: ["reason": "revoked-key"])
        }
        return true
    }

    /// A line for each version.
    func show(_ out: any OutputTarget, deactivated isDeactivated: Bool) throws {
        for version in versions {
            let state = version.isActive ? isDeactivated ? ", active no more" : ", active" : ""
            try out.line("warning: \(version.exactReference) was signed by it\(state)")
        }
    }
}
