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
            The model's data is not written again, unless the package was written to a pipe with a signature in front. \
            Where the key lives on another host, carry checksums.txt there and the signature back.

              baigo sign qwen.baimodel --key build@example.org
              baigo sign qwen.baimodel --key-file secret.asc --passphrase-file passphrase.txt
              baigo sign qwen.baimodel --detached-request checksums.txt
              baigo sign qwen.baimodel --attach checksums.txt.asc

            Exit statuses: 3 no such file or key, 4 damaged package, 5 the signature to attach is bad, 7 the file cannot \
            be written or the key cannot sign, 64 usage.
            """)

    @Argument(help: "A .baimodel package or an unpacked folder.")
    var file: String

    @OptionGroup(title: "Signature") var signing: SigningOptions

    @Option(
        help: ArgumentHelp(
            "Write the list to be signed elsewhere to this file, - for standard output; change nothing.",
            valueName: "file"))
    var detachedRequest: String?

    @Option(help: ArgumentHelp("Put in the signature that was made elsewhere.", valueName: "file"))
    var attach: String?

    @Flag(help: "Replace the file of --detached-request if it exists.")
    var force = false

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        let ways = [signing.isAsked, detachedRequest != nil, attach != nil].count(where: \.self)
        if ways > 1 {
            throw ValidationError(
                "Sign here (--key, --key-file, --sign), or --detached-request, or --attach: one of them.")
        }
        if ways == 0 {
            throw ValidationError("No key is named. Use --key, --key-file, --sign, --detached-request or --attach.")
        }
        if force, detachedRequest == nil { throw ValidationError("--force belongs to --detached-request.") }
    }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let path = FilePath(file)
        let package = try PackageReader.open(path)
        guard package.hasOwnChecksums else {
            throw CLIError(
                .usage, "\(file.escapedForOneLine) has no checksums.txt that could be signed",
                hint: "Import it and export it again, or make the list with sha256sum.")
        }
        if let detachedRequest { return try request(package, detachedRequest, host, context) }
        guard !package.isUnpacked else {
            throw CLIError(
                .usage, "\(file.escapedForOneLine) is a tar bundle, which takes no signature in place",
                hint: "Make a package of it (baigo convert), or sign the list before it is packed.")
        }
        let merged: [UInt8]
        let signers: [String]
        var warnings: [Warning] = []
        if let attach {
            let judged = try judge(attach, of: package, host)
            merged = try DetachedSigner.merging(existing: package.signature, attached: judged.signature)
            signers = judged.report.signers.compactMap { $0.fingerprint ?? $0.signingKey }
            warnings = judged.warnings
        } else {
            guard let key = try signing.signingKey(host, context) else { return }
            let signature = try DetachedSigner.sign(package.checksumsBytes, with: key)
            merged = try DetachedSigner.merging(existing: package.signature, new: signature)
            signers = [signature.fingerprint]
        }
        let isRestored = try PackageSignature.replace(in: path, with: merged)
        try context.reporting(on: file) {
            if isRestored {
                try context.errorOutput.line(
                    "note: \(file.escapedForTerminal) was being signed when that was interrupted; it was restored first"
                )
            }
            try report(package, signers, warnings, context)
        }
    }

    private func report(
        _ package: PackageReader, _ signers: [String], _ warnings: [Warning], _ context: CommandContext
    ) throws {
        guard !output.json else {
            return try context.output.result([
                "file": .string(file), "identity": .string(package.identity.description),
                "signedBy": .array(signers.map(JSONValue.string)), "warnings": warnings.json,
            ])
        }
        try context.errorOutput.warnings(warnings)
        try context.output.line("\(file.escapedForOneLine): signed by \(signers.joined(separator: ", "))")
    }
}

extension PackageSign {
    private func request(
        _ package: PackageReader, _ target: String, _ host: Host, _ context: CommandContext
    ) throws {
        let results = target == "-" ? context.errorOutput : context.output
        if target == "-" {
            try context.output.write(package.checksumsBytes)
        } else {
            try SmallFile.write(
                package.checksumsBytes, to: target, replacing: force, reading: [file] + host.storePlaces)
        }
        try context.reporting(on: target) { try reportRequest(package, target, results, context) }
    }

    private func reportRequest(
        _ package: PackageReader, _ target: String, _ results: any OutputTarget, _ context: CommandContext
    ) throws {
        guard !output.json else {
            return try results.result([
                "checksums": target == "-" ? .null : .string(target), "file": .string(file),
                "identity": .string(package.identity.description),
            ])
        }
        guard !output.quiet else { return }
        let name = target == "-" ? "checksums.txt" : target.escapedForOneLine
        try results.line("\(name): \(package.identity)")
        try context.errorOutput.text(
            """
            On the host with the key, compare this digest with: sha256sum \(name)
            then sign there:            gpg --armor --detach-sign --local-user KEY \(name)
            and put it in here:         baigo sign \(file.escapedForOneLine) --attach \(name).asc

            """)
    }

    private func judge(
        _ path: String, of package: PackageReader, _ host: Host
    ) throws -> (signature: [UInt8], report: SignatureReport, warnings: [Warning]) {
        let limit = 1 << 20
        let signature = try OwnedDescriptor.open(reading: FilePath(path)).rest(atMost: limit + 1)
        let trusted = try host.store().keyRing()?.list().map(\.block) ?? []
        let known = Set(trusted.map(\.fingerprint))
        let own = try SignatureAttachment.publicKeys(named: signature, gnupgHome: host.gnupgHome)
            .filter { !known.contains($0.fingerprint) }
        let (report, warnings) = try SignatureAttachment.judge(
            signature, over: package.checksumsBytes, keys: trusted + own, now: .now)
        return (signature, report, warnings)
    }
}
