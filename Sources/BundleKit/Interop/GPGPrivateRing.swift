// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CGPGME

/// A GnuPG home of this process alone with the keys it was given and no others.
///
/// It stands on a short path of mode 0700 and is removed with this object. gpg starts no agent in it, asks no server,
/// imports nothing by itself and trusts every key of the ring: who is trusted, and for what, is not decided here.
/// Nothing of the user's own home is read.
final class GPGPrivateRing {
    /// gpg runs in this home.
    let context: GPGContext
    private let home: GPGHome

    /// Makes the home with keys as they are.
    ///
    /// - Parameter keys: Key packets without armor.
    /// - Throws: `FileError` where no temporary folder can be written; `BundleError`, code `openPGPUnavailable` or
    ///   `library`.
    init(_ keys: [PublicKeyBlock]) throws {
        let home = try GPGHome()
        let folder = home.folder
        try folder.file(creating: "keys.gpg").writeAll(keys.flatMap(\.packets), at: 0)
        try folder.file(creating: "gpg.conf").writeAll(Array(Self.configuration(home.path).utf8), at: 0)
        self.home = home
        context = try GPGContext(home: home.path)
    }

    /// Options of gpg 2.2 and later.
    ///
    /// Times are judged by the verifier, which also knows whose clock is wrong, so gpg verifies the mathematics of a
    /// signature that is older than its key or not yet made.
    private static func configuration(_ path: String) -> String {
        """
        batch
        no-tty
        no-greeting
        no-autostart
        disable-dirmngr
        no-auto-key-retrieve
        no-auto-key-locate
        no-auto-key-import
        no-auto-check-trustdb
        trust-model always
        ignore-time-conflict
        no-random-seed-file
        lock-never
        no-default-keyring
        keyring \(path)/keys.gpg

        """
    }

    /// Adds a key or what is new of it, checked by gpg: parts that the key itself did not sign are left out.
    ///
    /// - Throws: `BundleError`, code `keyMalformed` when nothing of it can be used, else `library`.
    func importKey(_ key: PublicKeyBlock) throws(BundleError) {
        let result = try context.importKeys(key.packets)
        guard
            result.imported + result.unchanged + result.new_signatures + result.new_revocations > 0
                || result.new_user_ids + result.new_sub_keys > 0
        else {
            throw BundleError(
                .keyMalformed, "GnuPG takes nothing of the key \(key.fingerprint)",
                hint: "It needs a user ID that the key itself signed, with an algorithm that GnuPG knows.")
        }
    }
}
