// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit

/// `baigo verify`: whether a package is whole, and whose it is.
struct PackageVerify: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every byte of a package, and its signatures.",
        discussion: """
            Reads the whole package and compares every digest. Signatures are judged by the keys of this host's store.

              baigo verify qwen.baimodel
              ssh host cat qwen.baimodel | baigo verify - --require-signature

            Exit statuses, the first that applies: 4 damaged structure, 5 signature, 9 policy, 4 damaged data; 3 no such file.
            """)

    @Argument(help: "A package, a tar bundle, an unpacked folder, or - for standard input.")
    var file: String

    @OptionGroup(title: "Packages of other makers") var naming: NamingOptions

    @OptionGroup(title: "Signature") var signature: SignatureOptions
    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let trust = try Trust(host.store())
        let package: PackageReader
        do {
            package = try host.package(at: file, naming)
        } catch let error as BundleError {
            if output.json { try context.output.result(["valid": false, "error": .string(error.identifier)]) }
            throw error
        }
        let observer = progress.observer(output, context, host.configuration)
        let files = try package.read(into: nil, stoppingAtFirstFault: false, progress: observer)
        let verdict = try trust.judge(package, signature: signature.request, by: try trust.judge())
        try show(PackageReport(package, verdict: verdict, files: files), package, verdict, context)
        if let refusal = verdict.refusal { throw refusal }
        if let fault = files.lazy.compactMap({ $0.error(in: package.source) }).first { throw fault }
    }

    private func show(
        _ report: PackageReport, _ package: PackageReader, _ verdict: PackageVerdict, _ context: CommandContext
    ) throws {
        guard !output.json else { return try context.output.result(report.json) }
        if !output.quiet { try context.output.text(report.verification) }
        try context.output.line("\(package.manifest.name):\(package.manifest.version)  \(package.identity)")
        try context.output.line("signature: " + (verdict.signature?.text.escapedForOneLine ?? "none"))
        for line in verdict.lines { try context.output.line(line) }
        try context.errorOutput.warnings(package.warnings + verdict.warnings)
    }
}
