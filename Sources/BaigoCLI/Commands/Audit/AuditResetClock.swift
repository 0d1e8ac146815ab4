// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore

/// `baigo audit reset-clock`: the way out of a log whose last line is of the future.
struct AuditResetClock: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-clock",
        abstract: "Go on with an audit log whose last line is of the future.",
        discussion: """
            A command that ran while the clock was ahead leaves a line of the future, and until that time nothing is written \
            to the store. Set the clock by two sources, look at the line (baigo audit show), and name it as baigo audit \
            verify does, to say that its time was wrong. A line of the log keeps that, with both times; the old line stays.

              baigo audit verify
              baigo audit reset-clock 42:HEX

            Exit statuses: 4 it is not the last line, 7 the clock is before this program was made, or the store is held by \
            another.
            """)

    @Argument(help: ArgumentHelp("The last line of the log.", valueName: "sequence:digest"))
    var head: String

    @Flag(help: "Ask nothing.")
    var yes = false

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        guard let future = AuditHead(head) else {
            throw CLIError(.usage, "\(head.escapedForOneLine) is no number and digest", hint: "Write it as 42:HEX.")
        }
        try BuildClock.check()
        let store = try Host(context).store()
        if !yes {
            let question =
                "The clock says \(Timestamp.now). Is that right, and line \(future.sequence) of the log is not?"
            guard try context.terminal.confirm(question, usingInput: true, remedy: "--yes") else {
                throw CLIError.declined
            }
        }
        let result = try store.resetClock(after: future, wait: writing.duration)
        if output.json {
            try context.output.result(["reset": .bool(result.isReset), "head": result.head.json])
        } else if result.isReset {
            try context.output.line("the log goes on; head \(result.head)")
        } else {
            try context.output.line("the clock is not behind the log; head \(result.head)")
        }
    }
}
