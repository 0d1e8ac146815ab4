// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

/// `baigo trust bundle`: keys and policy for other hosts in one signed file.
struct TrustMakeBundle: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle",
        abstract: "Write trusted keys, their revocations and a policy into one signed file.",
        discussion: """
            Takes the keys of this store with their purposes, all of them or those that are named. The file is a plain \
            ZIP with checksums.txt and its signature, by a key that the other hosts trust for trust.

              baigo trust bundle -o site.baitrust --serial 7 --key officer@example.org --policy policy.toml
              baigo trust update site.baitrust

            Exit statuses: 3 no such key or file, 4 the policy is malformed, 7 the key cannot sign, 64 usage.
            """)

    @Argument(help: "Fingerprints, at least their last 8 digits, or e-mail addresses; all keys without one.")
    var keys: [String] = []

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The file to write.", valueName: "file.baitrust"))
    var target: String

    @Option(help: ArgumentHelp("A number greater than that of every bundle before.", valueName: "number"))
    var serial: Int64

    @Option(help: ArgumentHelp("The policy that the hosts are to have.", valueName: "file"))
    var policy: String?

    @Flag(help: "Replace the file if it exists.")
    var force = false

    @OptionGroup(title: "Signature") var signing: SigningOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if serial < 1 { throw ValidationError("--serial is a number from 1 up.") }
        if !signing.isAsked { throw ValidationError("A trust bundle is signed: use --key, --key-file or --sign.") }
    }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        try OutputPlace.check(target, reading: [policy].compactMap(\.self) + signing.files + host.storePlaces)
        let ring = try host.store().requiredKeyRing()
        let chosen = keys.isEmpty ? try ring.list() : try keys.map { name in try ring.key(named: name) }
        guard let key = try signing.signingKey(host, context) else { return }
        let text = try policy.map { path in
            let bytes = try OwnedDescriptor.open(reading: FilePath(path)).rest(
                atMost: PolicyDocument.byteLimit + 1)
            _ = try PolicyDocument(reading: bytes)
            return bytes
        }
        let written = try TrustBundle.write(
            chosen, policy: text, serial: serial, to: .file(FilePath(target), replacing: force, readBack: false),
            at: try context.packageTime(), by: BaigoRelease.product
        ) { list in try DetachedSigner.sign(list, with: key).armored }
        try context.reporting(on: target) { try report(chosen, text != nil, written, key, context) }
    }

    private func report(
        _ chosen: [TrustedKey], _ hasPolicy: Bool, _ written: WrittenPackage, _ key: SigningKey,
        _ context: CommandContext
    ) throws {
        if output.json {
            try context.output.result([
                "file": .string(target), "identity": .string(written.identity.description),
                "keys": .array(chosen.map(\.json)), "policy": .bool(hasPolicy), "serial": .integer(serial),
                "signedBy": [.string(key.fingerprint)],
            ])
        } else {
            try context.output.line(
                "\(target.escapedForOneLine): serial \(serial), \(chosen.count) keys, signed by \(key.fingerprint)")
        }
    }
}
