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

    @Argument(help: "A package, a tar bundle, an unpacked folder, or - for standard input.")
    var file: String

    @OptionGroup(title: "Packages of other makers") var naming: NamingOptions

    @Flag(help: "Keep a version of the same number with other content beside this one, and use this one.")
    var replace = false

    @Flag(help: "Show what would happen; change nothing.")
    var dryRun = false

    @Flag(help: "Do not make this the version that the bare name means.")
    var noActivate = false

    @Flag(help: "Ask nothing.")
    var yes = false

    @OptionGroup(title: "Signature") var signature: SignatureOptions

    @Flag(help: "Let a package pass that is unsigned, or signed by an unknown key. It is recorded.")
    var allowUnsigned = false

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if signature.requireSignature, allowUnsigned {
            throw ValidationError("--require-signature and --allow-unsigned exclude each other.")
        }
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
        let (package, verdict, preview) = try prepare(host, store, trust, context)
        if dryRun { return try finishDryRun(package, verdict, preview, context) }
        try confirm(package, context)
        let result = try store.importPackage(
            package, importRequest(package, trust), progress: progress.observer(output, context, host.configuration))
        try report(result, context)
    }

    /// Opens the package, shows it, and finds out what stands against it before its data is read.
    private func prepare(
        _ host: Host, _ store: ModelStore, _ trust: Trust, _ context: CommandContext
    ) throws -> (PackageReader, SignatureVerdict?, ImportPreview) {
        var opened: PackageReader?
        do {
            let package = try host.package(at: file, naming)
            opened = package
            let verdict = package.signatureIsKnown ? try trust.judge(package, request: request) : nil
            try show(package, verdict, context)
            if let refusal = verdict?.refusal { throw refusal }
            let preview = try store.preview(package, replacing: replace)
            try show(preview.standing, context)
            return (package, verdict, preview)
        } catch let error as any PresentableError {
            try record(error, of: opened, store, context)
            throw error
        }
    }

    /// Writes a refusal into the audit log; a log that cannot be written now takes nothing from the refusal itself.
    private func record(
        _ refusal: any PresentableError, of package: PackageReader?, _ store: ModelStore, _ context: CommandContext
    ) throws {
        let isRefusal = [ExitStatus.invalidContent, .signature, .policy, .alreadyExists].contains(refusal.exitStatus)
        guard isRefusal, !dryRun else { return }
        let event = AuditEvent(
            "import", model: package.map { "\($0.manifest.name):\($0.manifest.version)" }, identity: package?.identity,
            details: ["from": .string(origin.escapedForOneLine)])
        do {
            try store.recordRefusal(event, error: refusal, wait: .seconds(2))
        } catch let error as any PresentableError {
            try context.errorOutput.line(
                "warning: the refusal is not in the audit log: " + error.message.escapedForTerminal)
        }
    }

    private func importRequest(_ package: PackageReader, _ trust: Trust) -> ImportRequest {
        ImportRequest(
            isReplacing: replace, isActivating: !noActivate, wait: writing.duration, from: origin
        ) { stored in
            let verdict = try trust.judge(package, request: request)
            if let refusal = verdict.refusal { throw refusal }
            return ImportEvidence(
                signature: verdict.json, isTrusted: verdict.isTrusted, policy: verdict.policy,
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
