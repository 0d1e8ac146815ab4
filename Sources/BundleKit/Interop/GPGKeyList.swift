// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CGPGME

extension GPGContext {
    /// All keys of the context's home.
    ///
    /// - Parameter secretOnly: Only those whose secret part is at hand, on a card too.
    /// - Returns: The keys in gpg's order.
    /// - Throws: `BundleError`, code `library`.
    func keys(secretOnly: Bool = false) throws(BundleError) -> [KeyInfo] {
        try Self.check(gpgme_op_keylist_start(raw, nil, secretOnly ? 1 : 0), "could not list keys")
        var keys: [KeyInfo] = []
        while true {
            var key: gpgme_key_t?
            let error = gpgme_op_keylist_next(raw, &key)
            if gpgme_err_code(error) == GPG_ERR_EOF { break }
            defer { if let key { gpgme_key_unref(key) } }
            if gpgme_err_code(error) != GPG_ERR_NO_ERROR { gpgme_op_keylist_end(raw) }
            try Self.check(error, "could not list keys")
            if let info = key.flatMap({ KeyInfo($0.pointee) }) { keys.append(info) }
        }
        return keys
    }
}

extension KeyInfo {
    fileprivate init?(_ key: _gpgme_key) {
        var subkeys: [Subkey] = []
        var nextSubkey = key.subkeys
        while let subkey = nextSubkey {
            nextSubkey = subkey.pointee.next
            if let info = Subkey(subkey.pointee) { subkeys.append(info) }
        }
        guard !subkeys.isEmpty else { return nil }
        var userIDs: [String] = []
        var addresses: [String] = []
        var nextUserID = key.uids
        while let userID = nextUserID {
            nextUserID = userID.pointee.next
            // Every user ID of a revoked key is listed as revoked.
            let isRevoked = userID.pointee.revoked != 0 && key.revoked == 0
            guard !isRevoked, userID.pointee.invalid == 0, let text = userID.pointee.uid else { continue }
            userIDs.append(String(cString: text).escapedForOneLine)
            if let address = userID.pointee.address { addresses.append(String(cString: address).lowercased()) }
        }
        self.init(
            userIDs: userIDs, addresses: addresses, keys: subkeys,
            isDisabled: key.disabled != 0 || key.invalid != 0)
    }
}

extension KeyInfo.Subkey {
    fileprivate init?(_ subkey: _gpgme_subkey) {
        guard let fingerprint = subkey.fpr.map({ String(cString: $0) }) else { return nil }
        var key = subkey
        let algorithm = gpgme_pubkey_algo_string(&key)
        defer { gpgme_free(algorithm) }
        self.init(
            fingerprint: fingerprint, algorithm: algorithm.map { String(cString: $0) } ?? "unknown",
            createdAt: Timestamp(secondsSinceEpoch: Int64(subkey.timestamp)),
            expiresAt: subkey.expires == 0 ? nil : Timestamp(secondsSinceEpoch: Int64(subkey.expires)),
            isRevoked: subkey.revoked != 0, isInvalid: subkey.invalid != 0 || subkey.disabled != 0,
            canSign: subkey.can_sign != 0, hasSecret: subkey.secret != 0)
    }
}
