// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore
internal import SystemPackage

/// `baigo store copy`: a second store with everything that the first one has.
struct StoreDuplicate: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy",
        abstract: "Copy the whole store, verified, or bring an earlier copy up to date.",
        discussion: """
            For a backup, or for a second host. Every content is hashed while it is copied; models, histories, pins, keys, \
            policy, engines and the audit log come along. A second run copies only what is missing and removes what is gone. \
            The store can be used meanwhile; one on a read-only medium, or of another user, is copied without a line in \
            its audit log. A copy is a store of its own; once it is changed by itself, it is not brought up to date any \
            more.

              baigo store copy --to /media/backup/baigo
              baigo list --home /media/backup/baigo

            Exit statuses: 4 the store is damaged, 7 no space, or one of the stores is held by another, 8 the folder holds \
            something else.
            """)

    @Option(name: .customLong("to"), help: ArgumentHelp("The copy's folder.", valueName: "folder"))
    var target: String

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if target.isEmpty { throw ValidationError("--to needs the name of a folder.") }
    }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let result = try host.store().copy(
            to: FilePath(target), wait: writing.duration,
            progress: progress.observer(output, context, host.configuration))
        if output.json {
            try context.output.result([
                "home": .string(result.path.string), "storeID": .string(result.storeID),
                "versions": .integer(Int64(result.versions)), "contents": .integer(Int64(result.contents)),
                "writtenBytes": .integer(result.written.bytes), "warnings": result.warnings.json,
                "audit": result.audit.json,
            ])
            return
        }
        try context.output.line(
            "\(result.path.string.escapedForOneLine): \(result.versions) versions, "
                + "\(result.contents) contents copied (\(result.written))")
        try context.errorOutput.warnings(result.warnings)
    }
}
