// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import ModelStore
internal import SystemPackage

/// `baigo engine show`: everything the store knows of one engine.
struct EngineShow: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one engine of the store: target, receipt, files.",
        discussion: """
              baigo engine show llama-cpp
              baigo engine show llama-cpp:26.4.20-cpu --json

            Exit statuses: 3 no such engine, 4 damaged store, 64 several fit.
            """)

    @Argument(help: "The engine: id, id:version or id:version-build.")
    var engine: String

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let engine = try Host(context).store().engine(EngineReference(engine))
        let hardware = HostHardware.ofThisHost()
        if output.json {
            try context.output.result([
                "engine": .object(engine.json(on: hardware)), "path": .string(engine.folder.string),
                "receipt": .object(engine.receipt.json),
            ])
            return
        }
        var card = TextCard()
        card.add("engine", engine.reference)
        card.add("target", engine.receipt.target.name)
        card.add("llama.cpp", engine.receipt.llamaVersion)
        card.add("ggml", engine.receipt.ggmlCommit)
        card.add("C library", engine.receipt.libraryVersion)
        card.add("worker", engine.receipt.hasWorker ? "yes" : "no, only its llama-server can be used")
        card.add("digest", engine.receipt.digest.description)
        card.add(
            "imported",
            "\(engine.receipt.importedAt) from \(engine.receipt.source) by \(engine.receipt.importedBy)")
        card.add("signature", engine.receipt.isTrusted ? "trusted" : "its digest was named")
        card.add("active", engine.isActive ? "yes" : "no")
        let obstacles = engine.obstacles(on: hardware)
        card.add("fits", obstacles.isEmpty ? "yes" : "no: " + obstacles.joined(separator: "; "))
        card.add("folder", engine.folder.string)
        var table = TextTable("FILE", "SIZE")
        table.rows = engine.receipt.files.map { [$0.path, ByteCount($0.size).description] }
        try context.output.text(card.text + "\n" + table.text)
    }
}
