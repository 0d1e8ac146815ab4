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
            and the signature are right. Killed at any point, the store stays as it was, and the same command goes on \
            where it stopped.

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

    @OptionGroup(title: "Policy") var policy: PolicyOptions
    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Store") var place: StoreOptions
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
        let admission = PackageAdmission(
            store: store, trust: try Trust(store),
            rules: AdmissionRules(
                isReplacing: replace, isActivating: !noActivate, signature: request, policy: policy.request,
                wait: writing.duration),
            origin: origin, isRecording: !dryRun, context: context)
        let prepared = try admission.prepare {
            try host.package(at: file, naming)
        } opened: {
            try show($0, $1, context)
        } accept: { question in
            try accepts(question, context)
        } stood: {
            try show($0, context)
        }
        if dryRun { return try finishDryRun(prepared.package, prepared.verdict, prepared.preview, context) }
        try confirm(prepared.package, context)
        do {
            let result = try admission.carryOut(
                prepared, progress: progress.observer(output, context, host.configuration))
            try report(result, prepared.package.warnings + prepared.verdict.warnings, context)
        } catch is CancellationError {
            let staged = try store.stagedImports().first { $0.name == prepared.package.identity.hex }
            if let staged, staged.size.bytes > 0, !output.json {
                try? context.errorOutput.line("interrupted: " + staged.hint)
            }
            throw CancellationError()
        }
    }

    /// Asks whether a licence that the policy asks about is accepted; where nobody can be asked, it is not.
    private func accepts(_ question: PolicyError, _ context: CommandContext) throws -> Bool {
        guard !yes, !dryRun else { return false }
        do {
            return try context.terminal.confirm(
                "\(question.message.escapedForOneLine). Accept it?", usingInput: file != "-", remedy: "--accept-license"
            )
        } catch let error as CLIError where error.code == .confirmation {
            return false
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
