// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo du`: which model takes how much room.
struct StoreMeasure: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "du",
        abstract: "Show how much room models take, alone and together.",
        discussion: """
            Equal contents are kept once. OWN is what removing the model with all its versions frees; SHARED is needed by \
            other models too.

              baigo du
              baigo du qwen2.5-7b-instruct --json

            Exit statuses: 3 no such model.
            """)

    @Argument(help: "Only this model.")
    var model: String?

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let reference = try model.map { model throws(StoreError) in try ModelReference(model) }
        let usage = try Host(context).own(reference) { try $0.usage(of: reference?.name) }
        if output.json {
            try context.output.result([
                "models": .array(
                    usage.models.map { model in
                        [
                            "name": .string(model.name.description), "versions": .integer(Int64(model.versions)),
                            "pinnedVersions": .integer(Int64(model.pinned)),
                            "bytes": .integer(model.total.bytes), "ownBytes": .integer(model.own.bytes),
                            "sharedBytes": .integer(model.shared.bytes),
                        ]
                    }),
                "totalBytes": .integer(usage.total.bytes), "warnings": usage.warnings.json,
            ])
            return
        }
        var table = TextTable("NAME", "VERSIONS", "SIZE", "OWN", "SHARED")
        table.rows = usage.models.map {
            [
                $0.name.description, String($0.versions), $0.total.description, $0.own.description,
                $0.shared.description,
            ]
        }
        try context.output.text(table.text)
        if !output.quiet, model == nil { try context.output.line("all models together: \(usage.total)") }
        try context.errorOutput.warnings(usage.warnings)
    }
}
