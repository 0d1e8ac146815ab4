// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore

/// `baigo audit rotate`: the log goes on in a new file.
struct AuditRotate: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Close the file of the audit log and go on in a new one.",
        discussion: """
            The closed file gets a name with the numbers of its first and last line, audit-FIRST-LAST.jsonl, and stays \
            part of the log: the new file goes on with number and digest, and every command reads all files as one \
            chain. A file of 64 MiB is closed by the next command that writes, without being asked.

              baigo audit rotate
              baigo audit verify

            Exit statuses: 4 a file of the log is gone or changed, 7 the store is held by another.
            """)

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let rotation = try Host(context).store().rotateAudit(wait: writing.duration)
        if output.json {
            try context.output.result([
                "closed": .text(rotation.closed), "lines": .integer(rotation.lines), "head": rotation.head.json,
            ])
        } else if let closed = rotation.closed {
            try context.output.line("\(closed): \(rotation.lines) lines, closed; head \(rotation.head)")
        } else {
            try context.output.line("nothing to close; head \(rotation.head)")
        }
    }
}
