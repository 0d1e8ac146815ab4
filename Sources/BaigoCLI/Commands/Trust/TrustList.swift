// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo trust list`: the trusted keys.
struct TrustList: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the trusted keys.",
        discussion: "  baigo trust list --json\n\nExit statuses: 7 the key ring is damaged.")

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let store = try Host(context).store()
        let keys = try store.keyRing()?.list() ?? []
        if output.json {
            let isRequired = try Trust(store).requiresSignature
            try context.output.result([
                "keys": .array(keys.map(\.json)), "signatureRequired": .bool(isRequired),
            ])
        } else if output.quiet {
            for key in keys { try context.output.line(key.fingerprint) }
        } else if keys.isEmpty {
            try context.errorOutput.line("no key is trusted")
        } else {
            var table = TextTable("FINGERPRINT", "FOR", "SINCE", "USER")
            table.rows = keys.map { key in
                let purposes = key.purposes.sorted().map(\.rawValue).joined(separator: ",")
                return [key.fingerprint, purposes, key.addedAt.description, key.userIDs.first ?? ""]
            }
            try context.output.text(table.text)
        }
    }
}
