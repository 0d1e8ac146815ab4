// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

extension SignatureReport {
    /// The signers of a report that was written down with `json(required:)`, as far as this version can read them.
    package static func signers(recorded report: JSONValue) -> [Signer] {
        (report["signers"]?.array ?? []).compactMap(Signer.init(recorded:))
    }

    /// Whether time alone, or a key that is trusted no more, can have made this of what was a trusted signature.
    ///
    /// Revoked keys and everything else that refuses a package in any case is worth more than what was found before.
    package var mayHaveBeenTrusted: Bool {
        guard fault == nil else { return false }
        return switch status {
        case .unsigned, .valid, .unknownKey, .expiredKey, .expiredSignature: true
        case .bad, .revokedKey, .weakDigest, .notYetValid: false
        }
    }
}

extension SignatureReport.Signer {
    fileprivate init?(recorded json: JSONValue) {
        guard let status = json["status"]?.string.flatMap(SignatureStatus.init(rawValue:)) else { return nil }
        let isTrusted = json["trusted"] == true
        self.init(
            fingerprint: json["fingerprint"]?.string, signingKey: json["signingKey"]?.string,
            userID: json["userID"]?.string, createdAt: json["createdAt"]?.string.flatMap(Timestamp.init),
            keyExpires: json["keyExpires"]?.string.flatMap(Timestamp.init), digest: json["digest"]?.string,
            status: status, trusted: isTrusted, hasPurpose: isTrusted, madeWhileValid: json["madeWhileValid"]?.bool,
            reason: json["reason"]?.string)
    }
}
