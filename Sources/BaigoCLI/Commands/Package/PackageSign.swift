// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import SystemPackage

/// `baigo sign`: adds a signature to a package.
struct PackageSign: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Add a signature to a package, or replace the one by the same key.",
        discussion: """
            The model's data is not written again, unless the package was written to a pipe with a signature in front.

              baigo sign qwen.baimodel --key build@example.org

            Exit statuses: 3 no such file or key, 4 damaged package, 7 the file cannot be written or the key cannot sign.
            """)

    @Argument(help: "The package.")
    var file: String

    @OptionGroup(title: "Signature") var signing: SigningOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        guard let signer = try signing.keyName(host) else {
            throw CLIError(.usage, "no key is named", hint: "Use --key FINGERPRINT, or set signing-key in config.toml.")
        }
        let path = FilePath(file)
        let package = try PackageReader.open(path)
        guard package.hasOwnChecksums else {
            throw CLIError(
                .usage, "\(file.escapedForOneLine) has no checksums.txt that could be signed",
                hint: "Import it and export it again, or make the list with sha256sum.")
        }
        let signature = try DetachedSigner.sign(package.checksumsBytes, key: signer, gnupgHome: host.gnupgHome)
        let merged = try DetachedSigner.merging(existing: package.signature, new: signature)
        try PackageSignature.replace(in: path, with: merged)
        if output.json {
            try context.output.result([
                "file": .string(file), "identity": .string(package.identity.description),
                "signedBy": [.string(signature.fingerprint)],
            ])
        } else {
            try context.output.line("\(file.escapedForOneLine): signed by \(signature.fingerprint)")
        }
    }
}
