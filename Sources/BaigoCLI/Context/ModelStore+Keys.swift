// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

extension ModelStore {
    private static let trustFolderName = "trust"

    /// The trusted keys; `nil` for a store that never had one.
    ///
    /// - Throws: `BundleError`, code `trustUnreadable`, for a store whose keys are gone.
    func keyRing() throws -> TrustStore? {
        try settleTrust()
        let isLatched = try state()?.isSignatureLatched ?? false
        if let folder = try folder(Self.trustFolderName) { return TrustStore(folder: folder, isLatched: isLatched) }
        guard isLatched else { return nil }
        throw BundleError(
            .trustUnreadable, "the trusted keys of the store in \(path.string.escapedForOneLine) are gone",
            hint: "Restore its folder trust from a backup; until then no signature can be judged.")
    }

    /// The trusted keys of a store that must have some.
    ///
    /// - Throws: `BundleError`, code `keyNotFound`.
    func requiredKeyRing() throws -> TrustStore {
        guard let ring = try keyRing() else {
            throw BundleError(.keyNotFound, "no key is trusted here", hint: "See baigo trust add.")
        }
        return ring
    }

    /// Changes the trusted keys under the store's lock, with its lines in the audit log; signatures are required from
    /// then on.
    func changeKeyRing<Value>(_ event: AuditEvent, _ body: (TrustStore) throws -> Value) throws -> Value {
        try change(event, wait: .seconds(10)) { change in
            let ring = TrustStore(
                folder: try change.folder(making: Self.trustFolderName), isLatched: change.isSignatureLatched)
            let value = try body(ring)
            try change.setSignatureLatch(true)
            return value
        }
    }
}
