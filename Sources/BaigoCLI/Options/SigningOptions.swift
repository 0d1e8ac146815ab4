// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import Synchronization

/// Whether and with which key a package is signed.
struct SigningOptions: ParsableArguments {
    @Flag(help: "Sign with the configured key.")
    var sign = false

    @Option(help: ArgumentHelp("Sign with this key of your GnuPG key ring.", valueName: "fingerprint|address"))
    var key: String?

    /// The signer that these options ask for; `nil` for none.
    ///
    /// - Throws: `CLIError` when `--sign` stands alone and no key is configured.
    func signer(_ host: Host) throws -> ExportSigner? {
        guard let key = try keyName(host) else { return nil }
        return ExportSigner(key: key, home: host.gnupgHome)
    }

    /// The key that is named: by `--key`, or for `--sign` by the configuration.
    ///
    /// - Throws: `CLIError` when `--sign` stands alone and no key is configured.
    func keyName(_ host: Host) throws -> String? {
        if let key { return key }
        guard sign else { return nil }
        guard let key = host.configuration.signingKey else {
            throw CLIError(
                .usage, "--sign needs a key: none is configured",
                hint: "Use --key FINGERPRINT, or set signing-key in config.toml.")
        }
        return key
    }
}

/// Signs lists of checksums with one key and remembers which key that was.
final class ExportSigner: Sendable {
    private let key: String
    private let home: String?
    private let fingerprint = Mutex<String?>(nil)

    init(key: String, home: String?) {
        self.key = key
        self.home = home
    }

    /// The fingerprint of the key, once it has signed.
    var used: String? { fingerprint.withLock(\.self) }

    /// The armored signature over a list.
    ///
    /// - Throws: `BundleError` for a key that is missing, ambiguous or cannot sign.
    func signature(over checksums: [UInt8]) throws -> [UInt8] {
        let signature = try DetachedSigner.sign(checksums, key: key, gnupgHome: home)
        fingerprint.withLock { $0 = signature.fingerprint }
        return signature.armored
    }
}
