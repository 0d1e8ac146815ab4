// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// What is known of the signatures of one package.
package struct SignatureReport: Sendable {
    /// One signature and who made it.
    package struct Signer: Sendable, Equatable {
        /// The primary key's fingerprint; `nil` where the key is not known here.
        package let fingerprint: String?
        /// The key or subkey that made it: a fingerprint, or for an unknown key what the signature claims.
        package let signingKey: String?
        /// The key's main user ID, escaped for display.
        package let userID: String?
        /// When it was made; the signer's claim.
        package let createdAt: Timestamp?
        /// When the key ends or ended.
        package let keyExpires: Timestamp?
        /// The digest algorithm: `SHA512`.
        package let digest: String?
        package let status: SignatureStatus
        /// Whether it is valid and the key is trusted for this kind of package.
        package let trusted: Bool
        /// Whether the key is trusted for this kind of package, whatever the signature is worth.
        package let hasPurpose: Bool
        /// For an expired key, whether it was made before the key ended; the signer's claim.
        package let madeWhileValid: Bool?
        /// More about the status, where there is more.
        package let reason: String?

        /// The signer as a message names it.
        package var shown: String {
            let key = fingerprint ?? signingKey ?? "a key it does not name"
            return userID.map { "\($0) (\(key))" } ?? key
        }

        private var json: JSONValue {
            [
                "createdAt": .text(createdAt?.description), "digest": .text(digest),
                "fingerprint": .text(fingerprint), "keyExpires": .text(keyExpires?.description),
                "madeWhileValid": madeWhileValid.map(JSONValue.bool) ?? .null, "reason": .text(reason),
                "signingKey": .text(signingKey), "status": .string(status.rawValue), "trusted": .bool(trusted),
                "userID": .text(userID),
            ]
        }

        fileprivate static func list(_ signers: [Signer]) -> JSONValue { .array(signers.map(\.json)) }
    }

    /// The worst verdict that counts.
    package let status: SignatureStatus
    /// Every signature, in the order of the file.
    package let signers: [Signer]
    /// The signers whose verdict is the report's.
    package let decidingSigners: [Signer]
    /// Why the signature file could not be read at all; the status is then `bad`.
    package let fault: BundleError?

    /// Judges signatures together.
    ///
    /// Unknown keys do not count. Keys that are trusted for other things count where the signature is refused in any
    /// case, or where nobody else signed.
    package init(signers: [Signer]) {
        let known = signers.filter { $0.status != .unknownKey }
        let counted = known.filter { $0.hasPurpose || $0.status.isFinal }
        let deciding = !counted.isEmpty ? counted : !known.isEmpty ? known : signers
        self.signers = signers
        let worst = deciding.map(\.status).max { $0.severity < $1.severity } ?? .unsigned
        status = worst
        decidingSigners = deciding.filter { $0.status == worst }
        fault = nil
    }

    /// Reports a signature file that cannot be read.
    package init(fault: BundleError) {
        self.fault = fault
        signers = []
        decidingSigners = []
        status = .bad
    }

    /// The report as `--json` shows it.
    ///
    /// - Parameter required: Whether this store requires a signature.
    /// - Returns: An object with `status`, `required`, `reason` and `signers`.
    package func json(required: Bool) -> JSONValue {
        [
            "reason": .text(fault?.message), "required": .bool(required), "signers": Signer.list(signers),
            "status": .string(status.rawValue),
        ]
    }
}
