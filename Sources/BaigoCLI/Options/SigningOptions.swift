// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import SystemPackage

/// Whether and with which key something is signed.
struct SigningOptions: ParsableArguments {
    /// How long an agent may wait for a person where there is no terminal and no desktop.
    private static let unattendedPatience = Duration.seconds(60)
    private static let passphraseLimit = 4096

    @Flag(help: "Sign with the configured key.")
    var sign = false

    @Option(
        help: ArgumentHelp(
            "Sign with this key of your GnuPG key ring, or of --key-file.", valueName: "fingerprint|address"))
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Sign with the secret key in this file, as gpg --export-secret-keys writes it.", valueName: "file"))
    var keyFile: String?

    @Option(help: ArgumentHelp("The passphrase of --key-file, on the first line of this file.", valueName: "file"))
    var passphraseFile: String?

    func validate() throws {
        if passphraseFile != nil, keyFile == nil { throw ValidationError("--passphrase-file needs --key-file.") }
    }

    /// Whether a signature is asked for.
    var isAsked: Bool { sign || key != nil || keyFile != nil }

    /// Files that these options read.
    var files: [String] { [keyFile, passphraseFile].compactMap(\.self) }

    /// The key that these options ask for; `nil` for none.
    ///
    /// - Throws: `CLIError` when `--sign` stands alone and no key is configured; `BundleError` for a key that is
    ///   missing, ambiguous or cannot sign; `FileError`.
    func signingKey(_ host: Host, _ context: CommandContext) throws -> SigningKey? {
        if let keyFile { return try SigningKey.find(key, in: .file(try ring(of: keyFile, context))) }
        guard let name = try keyName(host) else { return nil }
        let patience = context.canAskSomebody ? nil : Self.unattendedPatience
        return try SigningKey.find(name, in: .home(host.gnupgHome, patience: patience))
    }

    private func ring(of path: String, _ context: CommandContext) throws -> GPGSecretRing {
        let file = try OwnedDescriptor.open(reading: FilePath(path))
        if try file.status().mode & 0o077 != 0 {
            try context.errorOutput.line("warning: other users may read the secret key in \(path.escapedForTerminal)")
        }
        let secret = try file.rest(atMost: GPGSecretRing.byteLimit + 1)
        return try GPGSecretRing(secret, passphrase: try passphraseFile.map(passphrase))
    }

    private func passphrase(in path: String) throws -> [UInt8] {
        let bytes = try OwnedDescriptor.open(reading: FilePath(path)).rest(atMost: Self.passphraseLimit + 1)
        guard let line = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false).first,
            bytes.count <= Self.passphraseLimit
        else {
            throw CLIError(.usage, "\(path.escapedForOneLine) is too long for a passphrase", hint: "Name another file.")
        }
        return Array(line)
    }

    private func keyName(_ host: Host) throws -> String? {
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

extension CommandContext {
    /// Whether a pinentry program can find a person: on the controlling terminal or a desktop.
    fileprivate var canAskSomebody: Bool {
        terminal.controllingTerminal != nil
            || ["DISPLAY", "WAYLAND_DISPLAY"].contains { environment[$0]?.isEmpty == false }
    }
}
