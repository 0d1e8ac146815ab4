// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore
internal import SystemPackage

/// `baigo store move`: the store in another folder.
struct StoreMoveAway: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Move the whole store to another folder or file system.",
        discussion: """
            On the same file system the folder is renamed. To another one everything is copied and verified first, then \
            the copy becomes the store, and the old folder is emptied last. Cut short at any point, the same command goes \
            on. The old folder keeps a note that says where the store is, so that nothing begins a new one there; remove \
            it when nothing names the old folder any more.

              baigo store move /srv/models/baigo

            Exit statuses: 4 the store is damaged, 7 no space, or the store is held by another, 8 the folder holds \
            something else.
            """)

    @Argument(help: "The new folder.")
    var target: String

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if target.isEmpty { throw ValidationError("the new folder needs a name.") }
    }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let move = StoreMove(
            from: try host.home, to: FilePath(target), context: StoreContext.current(program: BaigoRelease.product))
        let result = try move.run(
            wait: writing.duration, progress: progress.observer(output, context, host.configuration))
        let path = result.path.string
        if output.json {
            try context.output.result([
                "home": .string(path), "copied": .bool(result.isCopied), "writtenBytes": .integer(result.written.bytes),
                "warnings": result.warnings.json, "audit": result.audit.json,
            ])
            return
        }
        try context.output.line(
            "\(path.escapedForOneLine): moved\(result.isCopied ? ", \(result.written) copied" : "")")
        try context.errorOutput.warnings(result.warnings)
        if !output.quiet {
            try context.errorOutput.line(
                "hint: set BAIGO_HOME, or home in config.toml, to \(path.escapedForOneLine); "
                    + "the old folder refuses every command until then")
        }
    }
}
