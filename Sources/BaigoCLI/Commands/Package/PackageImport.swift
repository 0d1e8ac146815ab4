// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

/// `baigo import`: takes a package into the store.
struct PackageImport: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Verify a package and take it into the store.",
        discussion: """
            Shows what the package holds and asks; then reads it once, and makes the model visible only when every byte \
            and the signature are right. Killed at any point, the store stays as it was, and the command can be run again.

              baigo import /media/stick/qwen.baimodel
              baigo import --yes --json /media/stick/qwen.baimodel
              ssh host baigo export qwen -o - | baigo import - --yes

            Exit statuses: 3 no such file, 4 damaged, 5 signature, 7 no space or store held by another, 8 exists with other content, 9 policy.
            """)

    @Argument(help: "A package, an unpacked package's folder, or - for standard input.")
    var file: String

    @Flag(help: "Keep a version of the same number with other content beside this one, and use this one.")
    var replace = false

    @Flag(help: "Show what would happen; change nothing.")
    var dryRun = false

    @Flag(help: "Do not make this the version that the bare name means.")
    var noActivate = false

    @Flag(help: "Ask nothing.")
    var yes = false

    @Option(help: ArgumentHelp("Wait this long for another writer.", valueName: "seconds"))
    var wait: Int = 0

    @OptionGroup(title: "Signature") var signature: SignatureOptions

    @Flag(help: "Let a package pass that is unsigned, or signed by an unknown key. It is recorded.")
    var allowUnsigned = false

    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if signature.requireSignature, allowUnsigned {
            throw ValidationError("--require-signature and --allow-unsigned exclude each other.")
        }
        if !(0...86_400).contains(wait) { throw ValidationError("--wait is a number of seconds, 86400 at the most.") }
    }

    /// Where the package comes from, for receipt and audit log.
    private var origin: String {
        guard file != "-" else { return "standard input" }
        // A path that leads nowhere is an error of its own; until then it is shown as it was given.
        return (try? FilePath(file).resolved().string) ?? file
    }

    private var request: SignaturePolicy.Request { allowUnsigned ? .allowUnsigned : signature.request }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let store = try host.store()
        let trust = try Trust(store)
        let package = try open(host, store)
        let verdict = package.signatureIsKnown ? try trust.judge(package, request: request) : nil
        let preview = try preview(package, store)
        if !output.quiet, !output.json || dryRun || !yes { try show(package, verdict, preview, context) }
        if let refusal = verdict?.refusal {
            try record(refusal, package, store)
            throw refusal
        }
        if dryRun { return try finishDryRun(package, verdict, preview, context) }
        try confirm(package, context)
        let result = try store.importPackage(
            package, importRequest(package, trust), progress: progress.observer(output, context, host.configuration))
        try report(result, context)
    }

    private func open(_ host: Host, _ store: ModelStore) throws -> PackageReader {
        do {
            return try host.package(at: file)
        } catch let error as BundleError {
            guard !dryRun else { throw error }
            try store.recordRefusal(
                AuditEvent("import", details: ["from": .string(origin.escapedForOneLine)]), error: error)
            throw error
        }
    }

    private func preview(_ package: PackageReader, _ store: ModelStore) throws -> ImportPreview {
        do {
            return try store.preview(package, replacing: replace)
        } catch let error as StoreError {
            try record(error, package, store)
            throw error
        }
    }

    private func record(_ refusal: any Error, _ package: PackageReader, _ store: ModelStore) throws {
        guard !dryRun else { return }
        let manifest = package.manifest
        let event = AuditEvent(
            "import", model: "\(manifest.name):\(manifest.version)", identity: package.identity,
            details: ["from": .string(origin.escapedForOneLine)])
        _ = try store.recordRefusal(event, error: refusal)
    }

    private func importRequest(_ package: PackageReader, _ trust: Trust) -> ImportRequest {
        ImportRequest(
            isReplacing: replace, isActivating: !noActivate, wait: .seconds(wait), from: origin
        ) { stored in
            let verdict = try trust.judge(package, request: request)
            if let refusal = verdict.refusal { throw refusal }
            return ImportEvidence(
                signature: verdict.json, isTrusted: verdict.isTrusted, policy: PolicyVerdict.passed,
                warnings: package.warnings + verdict.warnings,
                mergedSignature: try trust.merged(package, into: stored, verdict))
        }
    }

    private func confirm(_ package: PackageReader, _ context: CommandContext) throws {
        guard !yes else { return }
        let question = "Import \(package.manifest.name):\(package.manifest.version)?"
        guard try context.terminal.confirm(question, usingInput: file != "-", remedy: "--yes") else {
            throw CLIError.declined
        }
    }
}
