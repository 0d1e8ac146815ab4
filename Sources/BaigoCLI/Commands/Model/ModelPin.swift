// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore

/// `baigo pin`: keeps a version from being removed.
struct ModelPin: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin",
        abstract: "Keep a version from being removed.",
        discussion: """
            A pinned version is not removed without --force, not by --all either. A bare name pins the version that is \
            active now. Imports, activate and rollback go on as before.

              baigo pin qwen2.5-7b-instruct:2026.10

            Exit statuses: 3 no such version, 7 the store is held by another.
            """)

    @Argument(help: "The model: name, name:version or name:version~identity.")
    var model: String

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let reference = try ModelReference(model)
        let result = try Host(context).own(reference) { try $0.pin(reference, true, wait: writing.duration) }
        try result.report(output, context)
    }
}

/// `baigo unpin`: lets a version be removed again.
struct ModelUnpin: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin",
        abstract: "Let a pinned version be removed again.",
        discussion: """
              baigo unpin qwen2.5-7b-instruct:2026.10

            Exit statuses: 3 no such version, 7 the store is held by another.
            """)

    @Argument(help: "The model: name, name:version or name:version~identity.")
    var model: String

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let reference = try ModelReference(model)
        let result = try Host(context).own(reference) { try $0.pin(reference, false, wait: writing.duration) }
        try result.report(output, context)
    }
}

extension PinResult {
    fileprivate func report(_ output: OutputOptions, _ context: CommandContext) throws {
        if output.json {
            try context.output.result([
                "model": version.json, "changed": .bool(isChanged), "warnings": warnings.json,
            ])
        } else {
            let state = version.isPinned ? "pinned" : "not pinned"
            try context.output.line("\(version.exactReference): \(isChanged ? "" : "already ")\(state)")
            try context.errorOutput.warnings(warnings)
        }
    }
}
