// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

/// `baigo show`: everything the store knows of one version.
struct ModelShow: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one model of the store: manifest, receipt, files.",
        discussion: """
              baigo show qwen2.5-7b-instruct
              baigo show qwen2.5-7b-instruct:2026.10 --json
              baigo show qwen2.5-7b-instruct --card | less

            Exit statuses: 3 no such model or no card, 4 damaged store.
            """)

    @Argument(help: "The model: name, name:version or name:version~identity.")
    var model: String

    @OptionGroup(title: "Parts") var part: PartOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let (store, package) = try Host(context).shelf().resolve(ModelReference(model))
        let manifest = package.manifest
        if part.isOne {
            return try part.show(of: try package.reader(), output, context)
        }
        if output.json {
            try context.output.result([
                "model": package.version.json(in: store), "package": .object(manifest.json),
                "receipt": .object(package.receipt.json), "options": try package.loadOptions().json,
                "path": .string(package.folder.string),
            ])
            return
        }
        try context.output.text(PackageCard.text(manifest, identity: package.version.identity, packageSize: nil))
        var card = TextCard()
        card.add(
            "imported", "\(package.version.importedAt) from \(package.receipt.source) by \(package.receipt.importedBy)")
        card.add("signature", package.version.isTrusted ? "trusted" : package.version.signatureStatus)
        card.add("active", package.version.isActive ? "yes" : "no")
        card.add("pinned", package.version.isPinned ? "yes" : "no")
        let options = try package.loadOptions().values.sorted { $0.key < $1.key }
        card.add("load options", options.map { "\($0.key)=\($0.value)" }.joined(separator: " "))
        card.add("store", store.rawValue)
        card.add("folder", package.folder.string)
        try context.output.text("\n" + card.text + "\n" + PackageCard.contents(manifest))
    }
}
