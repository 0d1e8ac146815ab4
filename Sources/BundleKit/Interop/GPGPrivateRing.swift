// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CGPGME
internal import Glibc
internal import SystemPackage

/// A GnuPG home of this process alone with the keys it was given and no others.
///
/// It stands on a short path of mode 0700 and is removed with this object. gpg starts no agent in it, asks no server,
/// imports nothing by itself and trusts every key of the ring: who is trusted, and for what, is not decided here.
/// Nothing of the user's own home is read.
final class GPGPrivateRing {
    /// gpg runs in this home.
    let context: GPGContext
    private let home: PrivateHome

    /// Makes the home with keys as they are.
    ///
    /// - Parameter keys: Key packets without armor.
    /// - Throws: `FileError` where no temporary folder can be written; `BundleError`, code `openPGPUnavailable` or
    ///   `library`.
    init(_ keys: [PublicKeyBlock]) throws {
        let home = try PrivateHome()
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
        let data = try GPGData(key.packets)
        try GPGContext.check(gpgme_op_import(context.raw, data.raw), "could not read the key")
        guard let result = gpgme_op_import_result(context.raw)?.pointee else {
            throw BundleError(.library, "GnuPG said nothing of the key")
        }
        guard
            result.imported + result.unchanged + result.new_signatures + result.new_revocations > 0
                || result.new_user_ids + result.new_sub_keys > 0
        else {
            throw BundleError(
                .keyMalformed, "GnuPG takes nothing of the key \(key.fingerprint)",
                hint: "It needs a user ID that the key itself signed, with an algorithm that GnuPG knows.")
        }
    }

    /// One key of the ring, armored, with only the newest signatures of its own.
    ///
    /// - Throws: `BundleError`, code `library`.
    func minimalExport(of fingerprint: String) throws(BundleError) -> [UInt8] {
        let data = try GPGData()
        gpgme_set_armor(context.raw, 1)
        try GPGContext.check(
            gpgme_op_export(context.raw, fingerprint, gpgme_export_mode_t(GPGME_EXPORT_MODE_MINIMAL), data.raw),
            "could not export the key")
        return try data.bytes(limit: PublicKeyBlock.byteLimit)
    }
}

/// A temporary folder, removed with this object.
private final class PrivateHome {
    let path: String
    let folder: Folder
    private let parent: Folder
    private let name: String

    init() throws(FileError) {
        var failure = Errno.noSuchFileOrDirectory
        for place in ["/tmp", "/var/tmp", "/dev/shm"] {
            var template = Array("\(place)/bg-XXXXXX".utf8CString)
            guard let made = mkdtemp(&template) else {
                failure = Errno.lastError
                continue
            }
            path = String(cString: made)
            name = String(path.dropFirst(place.count + 1))
            parent = try Folder.open(FilePath(place))
            folder = try parent.folder(name)
            return
        }
        throw FileError(failure, while: "make a temporary folder in", "/tmp")
    }

    deinit {
        // What cannot be removed is a folder of public keys that only its owner can read.
        _ = try? parent.removeTree(name)
    }
}
