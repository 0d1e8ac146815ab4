// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import ModelStore

/// `baigo engine list`: the engines of the store.
struct EngineList: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the engines of the store.",
        discussion: """
              baigo engine list
              baigo engine list --json

            The active engine is marked with *; without one, the engine that came with baigo is used.
            """)

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let listing = try Host(context).store().engines()
        let hardware = HostHardware.ofThisHost()
        if output.json {
            try context.output.result([
                "active": .text(listing.active?.reference),
                "engines": .array(listing.engines.map { .object($0.json(on: hardware)) }),
                "warnings": listing.warnings.json,
            ])
        } else if output.quiet {
            try context.output.text(listing.engines.map { "\($0.reference)\n" }.joined())
        } else if listing.engines.isEmpty {
            try context.errorOutput.line("the store has no engines; the one that came with baigo is used")
        } else {
            try context.output.text(table(listing.engines, hardware).text)
        }
        if !output.json { try context.errorOutput.warnings(listing.warnings) }
    }

    private func table(_ engines: [StoredEngine], _ hardware: HostHardware) -> TextTable {
        var table = TextTable("", "ENGINE", "SIZE", "WORKER", "SIGNATURE", "FITS", "IMPORTED")
        table.rows = engines.map { engine in
            [
                engine.isActive ? "*" : "", engine.reference, engine.receipt.size.description,
                engine.receipt.hasWorker ? "yes" : "no",
                engine.receipt.isTrusted ? "trusted" : "digest named",
                engine.obstacles(on: hardware).isEmpty ? "yes" : "no", engine.receipt.importedAt.description,
            ]
        }
        return table
    }
}

extension StoredEngine {
    /// Why it does not fit a host.
    func obstacles(on hardware: HostHardware) -> [String] {
        hardware.obstacles(to: receipt.target, library: receipt.libraryVersion)
    }

    /// The engine as lists show it, and whether it fits a host.
    func json(on hardware: HostHardware) -> [String: JSONValue] {
        let obstacles = obstacles(on: hardware)
        return json.merging([
            "fits": .bool(obstacles.isEmpty), "reasons": .array(obstacles.map(JSONValue.string)),
        ]) { $1 }
    }
}
