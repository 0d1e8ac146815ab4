// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// Where secret keys are.
package enum SecretKeys: Sendable {
    /// In a GnuPG home, `nil` for the one that gpg itself takes, behind its agent.
    ///
    /// `patience` is how long the agent may wait for a person; `nil` where one is there to be asked.
    case home(String?, patience: Duration?)
    /// In a file that was read.
    case file(GPGSecretRing)
}

/// A key that can make signatures.
package struct SigningKey: Sendable {
    /// What GnuPG says of it.
    package let info: KeyInfo
    private let place: SecretKeys

    /// The primary key's fingerprint, 40 upper-case hexadecimal digits.
    package var fingerprint: String { info.fingerprint }

    /// Finds the one key that is meant and can sign now.
    ///
    /// - Parameters:
    ///   - name: A fingerprint, at least its last 8 digits, or an e-mail address; `nil` for the only key there is.
    ///   - place: Where to look.
    ///   - now: The time at which it must be usable.
    /// - Returns: The key.
    /// - Throws: `BundleError`, code `keyNotFound`; `keyAmbiguous` where several usable keys fit; `keyUnusable` where
    ///   only revoked or expired ones do, or ones without a secret signing part; `invalidRequest`, `openPGPUnavailable`.
    package static func find(
        _ name: String?, in place: SecretKeys, now: Timestamp = .now
    ) throws(BundleError) -> SigningKey {
        let selector = try name.map { name throws(BundleError) in try KeySelector(name) } ?? .any
        let fitting = try GPGContext(home: place.home).keys(secretOnly: true)
            .filter { selector.matches(fingerprints: $0.keys.map(\.fingerprint), addresses: $0.addresses) }
        let usable = fitting.filter { $0.canMakeSignatures(at: now) }
        if usable.isEmpty, let first = fitting.first {
            throw BundleError(
                .keyUnusable, "the key \(first.fingerprint) cannot sign: \(first.obstacle(at: now))",
                hint: "Renew the key (gpg --quick-set-expire) or use another one.")
        }
        let info = try selector.only(
            of: usable, "with a secret part", hint: place.hint, fingerprint: \.fingerprint)
        return SigningKey(info: info, place: place)
    }

    /// Has gpg sign bytes.
    ///
    /// - Throws: As `DetachedSigner.sign(_:with:)`.
    func makeSignature(over bytes: [UInt8]) throws -> [UInt8] {
        try GPGContext(home: place.home).sign(bytes, with: fingerprint, unlocking: place.unlocking)
    }
}

extension SecretKeys {
    fileprivate var home: String? {
        switch self {
        case .home(let path, _): path
        case .file(let ring): ring.path
        }
    }

    fileprivate var unlocking: KeyUnlocking {
        switch self {
        case .home(_, let patience): .agent(patience: patience)
        case .file(let ring): .passphrase(ring.passphrase ?? [])
        }
    }

    fileprivate var hint: String {
        switch self {
        case .home: "gpg --list-secret-keys shows what can sign; GNUPGHOME says where gpg looks."
        case .file: "Name a key of the file by its fingerprint or address with --key."
        }
    }
}

extension KeyInfo {
    fileprivate func obstacle(at now: Timestamp) -> String {
        if isRevoked { return "it is revoked" }
        if isDisabled { return "it is disabled" }
        if let expiresAt, expiresAt <= now { return "it ended at \(expiresAt)" }
        return "it has no usable signing part with its secret"
    }
}
