// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import Foundation

extension KeyRing {
    /// Makes a key without passphrase.
    ///
    /// - Parameters:
    ///   - userID: The name and address of its owner.
    ///   - algorithm: As gpg takes it: `ed25519`, `rsa2048`, `nistp256`.
    ///   - usage: `sign`, or `cert` for a primary key that only certifies.
    ///   - expires: As gpg takes it: `never`, `1y`, `20210101T000000`.
    ///   - passphrase: A passphrase, for keys that an agent cannot use without asking.
    ///   - time: When it is made; `nil` for now.
    /// - Returns: Its fingerprint.
    /// - Throws: `KeyRingFailure`.
    package func makeKey(
        _ userID: String, algorithm: String = "ed25519", usage: String = "sign", expires: String = "never",
        passphrase: String? = nil, at time: Timestamp? = nil
    ) throws -> String {
        let secret = passphrase.map { ["--passphrase", $0] } ?? []
        let request = ["--quick-generate-key", userID, algorithm, usage, expires]
        let status = try gpg(secret + ["--status-fd", "1"] + request, at: time)
        return try Self.created(status)
    }

    /// Adds a subkey that signs.
    ///
    /// - Returns: The subkey's fingerprint.
    package func addSigningSubkey(
        to fingerprint: String, algorithm: String = "ed25519", expires: String = "never", at time: Timestamp? = nil
    ) throws -> String {
        let request = ["--quick-add-key", fingerprint, algorithm, "sign", expires]
        return try Self.created(try gpg(["--status-fd", "1"] + request, at: time))
    }

    private static func created(_ status: [UInt8]) throws -> String {
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("[GNUPG:] KEY_CREATED ") }
        guard let fields = line?.split(separator: " "), fields.count > 3 else {
            throw KeyRingFailure(what: "gpg made no key")
        }
        return String(fields[3])
    }

    /// Changes when a key ends.
    package func setExpiry(of fingerprint: String, to expires: String, at time: Timestamp? = nil) throws {
        try gpg(["--quick-set-expire", fingerprint, expires], at: time)
    }

    /// Revokes a whole key with the certificate that gpg wrote when it made the key.
    package func revoke(_ fingerprint: String) throws {
        let file = URL(fileURLWithPath: "\(home)/openpgp-revocs.d/\(fingerprint).rev")
        let certificate = try String(contentsOf: file, encoding: .utf8)
            .replacingOccurrences(of: ":-----BEGIN", with: "-----BEGIN")
        try gpg(["--import"], input: Array(certificate.utf8))
    }

    /// Revokes a subkey.
    ///
    /// - Parameters:
    ///   - index: Its place among the subkeys, from 1.
    ///   - fingerprint: The primary key.
    ///   - time: When it is revoked; `nil` for now.
    /// - Throws: `KeyRingFailure`.
    package func revokeSubkey(_ index: Int, of fingerprint: String, at time: Timestamp? = nil) throws {
        let dialog = "key \(index)\nrevkey\ny\n0\n\ny\nsave\n"
        try gpg(["--command-fd", "0", "--no-batch", "--edit-key", fingerprint], at: time, input: Array(dialog.utf8))
    }

    /// The public key, armored.
    package func publicKey(_ fingerprint: String...) throws -> [UInt8] {
        try gpg(["--armor", "--export"] + fingerprint)
    }

    /// The secret key, armored.
    package func secretKey(_ fingerprint: String) throws -> [UInt8] {
        try gpg(["--armor", "--export-secret-keys", fingerprint])
    }

    /// Takes keys over from bytes.
    package func importKeys(_ bytes: [UInt8]) throws {
        try gpg(["--import"], input: bytes)
    }

    /// A detached, armored signature.
    ///
    /// - Parameters:
    ///   - document: What is signed.
    ///   - key: A fingerprint; with `!` at its end exactly that subkey.
    ///   - options: More options of gpg: `--digest-algo SHA1`, `--textmode`.
    ///   - time: When it is made; `nil` for now.
    /// - Returns: The signature.
    /// - Throws: `KeyRingFailure`.
    package func sign(
        _ document: [UInt8], with key: String, options: [String] = [], at time: Timestamp? = nil
    ) throws -> [UInt8] {
        try gpg(options + ["--local-user", key, "--armor", "--detach-sign"], at: time, input: document)
    }

    /// Whether plain gpg finds a good signature by every one of these keys, and no other signature.
    package func verifies(_ signature: [UInt8], over document: [UInt8], by fingerprints: [String]) throws -> Bool {
        let place = "\(home)/check-\(UUID().uuidString)"
        defer {
            try? FileManager.default.removeItem(atPath: place)
            try? FileManager.default.removeItem(atPath: place + ".asc")
        }
        try Data(document).write(to: URL(fileURLWithPath: place))
        try Data(signature).write(to: URL(fileURLWithPath: place + ".asc"))
        let result = try gpgResult(["--verify", place + ".asc", place])
        let lines = result.output.split(separator: "\n").map { $0.split(separator: " ") }
        let valid = lines.filter { $0.count > 2 && $0[1] == "VALIDSIG" }.compactMap { $0.last.map(String.init) }
        return result.status == 0 && valid.sorted() == fingerprints.sorted()
            && lines.count { $0.count > 1 && $0[1] == "NEWSIG" } == fingerprints.count
    }
}
