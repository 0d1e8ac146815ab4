// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore

/// `baigo activate`: which version the bare name means.
struct ModelActivate: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Make a version the one that the bare name means.",
        discussion: """
              baigo activate qwen2.5-7b-instruct:2026.10

            Exit statuses: 3 no such version, 4 damaged version, 7 the store is held by another.
            """)

    @Argument(help: "The version: name:version or name:version~identity.")
    var model: String

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let reference = try ModelReference(model)
        guard reference.version != nil else {
            throw CLIError(
                .usage, "\(reference) names no version",
                hint: "Name one: \(reference):VERSION; see baigo list \(reference).")
        }
        let result = try Host(context).own(reference) { try $0.activate(reference, wait: writing.duration) }
        try result.report(output, context)
    }
}

extension ActivationResult {
    /// Says which version is active now, and which was.
    func report(_ output: OutputOptions, _ context: CommandContext) throws {
        if output.json {
            try context.output.result([
                "active": active.json, "previous": previous?.json ?? .null, "changed": .bool(isChanged),
                "warnings": warnings.json,
            ])
        } else {
            let before = previous.map { ", before: \($0.exactReference)" } ?? ""
            try context.output.line("\(active.exactReference): \(isChanged ? "active\(before)" : "already active")")
            try context.errorOutput.warnings(warnings)
        }
    }
}
