// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CGPGME
internal import Glibc
internal import SystemPackage

/// Secret keys from a file, in a GnuPG home of this object alone.
///
/// The home is of mode 0700, in memory where the host has `/dev/shm`, and is removed with this object, its agent ended
/// before. What a process that was killed left is removed by the next one.
package final class GPGSecretRing: Sendable {
    /// Bytes that a file of secret keys may have.
    package static let byteLimit = 1 << 20
    private static let places = ["/dev/shm", "/tmp", "/var/tmp"]
    private static let prefix = "baigo-key-"
    private static let lockName = "lock"
    /// Seconds after which a home that nobody holds is a leftover.
    private static let leftoverAge: Int64 = 60

    private let home: GPGHome
    private let lock: FileLock
    let passphrase: [UInt8]?

    /// The GnuPG home.
    var path: String { home.path }

    /// Takes secret keys.
    ///
    /// - Parameters:
    ///   - bytes: What `gpg --export-secret-keys` writes, armored or not.
    ///   - passphrase: What unlocks them; `nil` for keys without passphrase.
    /// - Throws: `BundleError`, code `keyMalformed` without a secret key in it, `openPGPUnavailable` or `library`;
    ///   `FileError` where no temporary folder can be written.
    package init(_ bytes: [UInt8], passphrase: [UInt8]?) throws {
        guard bytes.count <= Self.byteLimit, !bytes.isEmpty else { throw Self.malformed }
        Self.removeLeftovers()
        let home = try GPGHome(in: Self.places, prefix: Self.prefix)
        lock = try FileLock.take(Self.lockName, in: home.folder, for: "sign")
        try home.folder.file(creating: "gpg.conf").writeAll(Array(Self.configuration.utf8), at: 0)
        try home.folder.file(creating: "gpg-agent.conf").writeAll(Array(Self.agentConfiguration.utf8), at: 0)
        self.home = home
        self.passphrase = passphrase
        let result: _gpgme_op_import_result
        do throws(BundleError) {
            result = try GPGContext(home: home.path).importKeys(bytes)
        } catch {
            throw error.code == .library ? Self.malformed : error
        }
        guard result.secret_imported > 0 else { throw Self.malformed }
    }

    deinit { Self.endAgent(of: home.path) }

    private static let configuration = """
        batch
        no-tty
        no-greeting
        disable-dirmngr
        no-auto-key-retrieve
        no-auto-key-locate
        no-auto-check-trustdb
        trust-model always
        no-random-seed-file
        digest-algo SHA512

        """

    private static let agentConfiguration = """
        allow-loopback-pinentry
        disable-scdaemon
        no-allow-external-cache
        pinentry-program /bin/false

        """

    private static let malformed = BundleError(
        .keyMalformed, "the key file holds no secret key that GnuPG can use",
        hint: "Write it with: gpg --armor --export-secret-keys FINGERPRINT > SECRET.asc")

    private static func removeLeftovers() {
        // A leftover that cannot be removed now is found again the next time.
        for place in places {
            guard let parent = try? Folder.open(FilePath(place)), let names = try? parent.names() else { continue }
            for name in names where name.hasPrefix(prefix) {
                guard let folder = try? parent.folder(name), let status = try? folder.status(),
                    status.owner == geteuid(),
                    status.modifiedNanoseconds / 1_000_000_000 + leftoverAge < Timestamp.now.secondsSinceEpoch,
                    let lock = try? FileLock.take(lockName, in: folder, for: "remove")
                else { continue }
                endAgent(of: place + "/" + name)
                _ = try? parent.removeTree(name)
                withExtendedLifetime(lock) {}
            }
        }
    }

    /// Ends the agent that gpg started in a home; one that cannot be told ends by itself when its home is gone.
    private static func endAgent(of home: String) {
        guard let program = gpgme_get_dirinfo("gpgconf-name").map({ String(cString: $0) }) else { return }
        var context: gpgme_ctx_t?
        guard gpgme_err_code(gpgme_new(&context)) == GPG_ERR_NO_ERROR, let context else { return }
        defer { gpgme_release(context) }
        guard gpgme_err_code(gpgme_set_protocol(context, GPGME_PROTOCOL_SPAWN)) == GPG_ERR_NO_ERROR else { return }
        let words: [String] = [program, "--homedir", home, "--kill", "gpg-agent"]
        let arguments = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        var list: [UnsafePointer<CChar>?] = arguments.map { UnsafePointer($0) } + [nil]
        _ = gpgme_op_spawn(context, program, &list, nil, nil, nil, 0)
    }
}
