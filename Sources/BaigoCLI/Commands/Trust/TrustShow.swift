// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo trust show`: one trusted key.
struct TrustShow: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one trusted key.",
        discussion: "  baigo trust show build@example.org\n\nExit statuses: 3 no such key, 64 several fit.")

    @Argument(help: "A fingerprint, at least its last 8 digits, or an e-mail address.")
    var key: String

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let shown = try Host(context).store().requiredKeyRing().show(key)
        if output.json {
            try context.output.result(["key": KeyCard.json(shown.key, shown.info)])
            return
        }
        var card = TextCard()
        card.add("trusted for", shown.key.purposes.sorted().map(\.rawValue).joined(separator: ", "))
        card.add("since", "\(shown.key.addedAt) by \(shown.key.addedBy)")
        try context.output.text(KeyCard.text(shown.info) + card.text)
    }
}
