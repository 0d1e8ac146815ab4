// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit

/// `baigo inspect`: what a package says of itself.
struct PackageInspect: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what is in a package, without reading the model's data.",
        discussion: """
            Structure, manifest, checksums and signatures are checked; the data is not: that is what verify is for.

              baigo inspect qwen.baimodel
              baigo inspect --json qwen.baimodel | jq .package.name
              baigo inspect --sbom qwen.baimodel > qwen.cdx.json

            Exit statuses: 3 no such file or no card, 4 damaged structure, 5 signature, 9 policy.
            """)

    @Argument(help: "A package, a tar bundle, an unpacked folder, or - for standard input.")
    var file: String

    @OptionGroup(title: "Parts") var part: PartOptions
    @OptionGroup(title: "Packages of other makers") var naming: NamingOptions

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let trust = try Trust(host.store())
        let package = try host.package(at: file, naming)
        let verdict = try trust.judge(package, signature: .asTheStoreSays, by: try trust.judge())
        if part.isOne {
            try part.show(of: package, output, context)
        } else {
            let report = PackageReport(package, verdict: verdict, files: nil)
            try output.json ? context.output.result(report.json) : context.output.text(report.text)
        }
        if let refusal = verdict.refusal { throw refusal }
    }
}
