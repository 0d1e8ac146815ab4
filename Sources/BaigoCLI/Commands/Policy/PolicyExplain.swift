// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo trust policy explain`: what the rules make of a package.
struct PolicyExplain: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say which rules a package meets or breaks, without importing it.",
        discussion: """
            Judges by signature and policy as import would; the data is not read and scanners are not run.

              baigo trust policy explain /media/stick/qwen.baimodel

            Exit statuses, those import would end with: 0 nothing stands against it, 3 no such file, 4 damaged structure, 5 signature, 7 \
            the policy cannot be used, 9 policy.
            """)

    @Argument(help: "A package, a tar bundle, an unpacked folder, or - for standard input.")
    var file: String

    @OptionGroup(title: "Packages of other makers") var naming: NamingOptions
    @OptionGroup(title: "Signature") var signature: SignatureOptions
    @OptionGroup(title: "Policy") var policy: PolicyOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let store = try host.store()
        let trust = try Trust(store)
        let package = try host.package(at: file, naming)
        let judge = try PolicyJudge(trust.policy, policy.request)
        let verdict = try trust.judge(
            package, signature: signature.request, by: judge, store: try store.policyState(for: package, trust.policy),
            stored: try store.stored(package))
        let refusal = verdict.refusal ?? verdict.policy.question
        if output.json {
            try context.output.result([
                "name": .string(package.manifest.name.description),
                "version": .string(package.manifest.version.description),
                "identity": .string(package.identity.description), "signature": verdict.signature?.json ?? .null,
                "policy": verdict.policy.json,
                "exitStatus": .integer(Int64((refusal?.exitStatus ?? .done).rawValue)),
            ])
        } else if !output.quiet {
            var table = TextTable("RULE", "VERDICT", "VALUE", "REMEDY")
            table.rows = verdict.policy.findings.map {
                [$0.rule.rawValue, $0.verdict.rawValue, $0.value, $0.remedy ?? ""]
            }
            try context.output.text(table.text)
        }
        if let refusal { throw refusal }
    }
}
