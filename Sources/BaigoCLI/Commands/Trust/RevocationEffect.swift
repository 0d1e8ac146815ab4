// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// The stored versions and engines that came in with the signature of a key that is revoked now.
struct RevocationEffect {
    let versions: [StoredVersion]
    let engines: [StoredEngine]

    /// Looks through the receipts.
    ///
    /// - Parameters:
    ///   - fingerprints: Primary keys, 40 upper-case digits each.
    ///   - store: The store.
    /// - Throws: `StoreError`, `FileError`.
    init(of fingerprints: Set<String>, in store: ModelStore) throws {
        guard !fingerprints.isEmpty else {
            versions = []
            engines = []
            return
        }
        func isSigned(_ signature: JSONValue) -> Bool {
            (signature["signers"]?.array ?? []).contains {
                $0["fingerprint"]?.string.map(fingerprints.contains) ?? false
            }
        }
        versions = try store.list().models.flatMap(\.versions).filter { version in
            isSigned(try store.resolve(version.exactReference, checkingSizes: false).receipt.signature)
        }
        engines = try store.engines().engines.filter { isSigned($0.receipt.signature) }
    }

    /// The versions and engines as `--json` shows them.
    var json: JSONValue {
        .array(
            versions.map {
                [
                    "active": .bool($0.isActive), "kind": "model",
                    "reference": .string($0.exactReference.description),
                ]
            }
                + engines.map {
                    ["active": .bool($0.isActive), "kind": "engine", "reference": .string($0.reference)]
                })
    }

    /// Does what the policy says of models and engines whose signer's key is revoked.
    ///
    /// - Returns: Whether the active ones among them are active no more.
    /// - Throws: `PolicyError`, `StoreError`, `FileError`.
    func respond(in store: ModelStore) throws -> Bool {
        guard !versions.isEmpty || !engines.isEmpty, try store.policy().onRevocation == .deactivate else {
            return false
        }
        for version in versions where version.isActive {
            try store.deactivate(version, details: ["reason": "revoked-key"])
        }
        if engines.contains(where: \.isActive) { _ = try store.deactivateEngine(wait: .seconds(10)) }
        return true
    }

    /// A line for each version.
    func show(_ out: any OutputTarget, deactivated isDeactivated: Bool) throws {
        for version in versions {
            let state = version.isActive ? isDeactivated ? ", active no more" : ", active" : ""
            try out.line("warning: \(version.exactReference) was signed by it\(state)")
        }
        for engine in engines {
            let state = engine.isActive ? isDeactivated ? ", in use no more" : ", in use" : ""
            try out.line("warning: the engine \(engine.reference) was signed by it\(state)")
        }
    }
}
