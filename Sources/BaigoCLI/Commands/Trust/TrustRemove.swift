// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo trust remove`: trusts a key no longer.
struct TrustRemove: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Trust a key no longer.",
        discussion: """
            Signatures stay required in this store. Models that came in with the key stay; their receipts say who signed.

              baigo trust remove build@example.org --yes

            Exit statuses: 3 no such key, 64 several fit, or --yes is missing.
            """)

    @Argument(help: "A fingerprint, at least its last 8 digits, or an e-mail address.")
    var key: String

    @Flag(help: "Ask nothing.")
    var yes = false

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let store = try Host(context).store()
        let found = try store.requiredKeyRing().key(named: key)
        if !yes {
            let owner = found.userIDs.first.map { " of \($0.escapedForOneLine)" } ?? ""
            let question = "Trust \(found.fingerprint)\(owner) no longer?"
            guard try context.terminal.confirm(question, usingInput: true, remedy: "--yes") else {
                throw CLIError.declined
            }
        }
        let event = AuditEvent("trust.remove", details: ["fingerprint": .string(found.fingerprint)])
        let removed = try store.changeKeyRing(event) { ring in try ring.remove(found.fingerprint) }
        if output.json {
            try context.output.result(["key": removed.json])
        } else {
            try context.output.line("\(removed.fingerprint): trusted no longer")
        }
    }
}
