// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
package import BaigoCore

/// The whole tool: parses a command line, runs the command, and turns an error into a message and an exit status.
package enum Tool {
    /// Runs the command line of the process.
    ///
    /// - Parameters:
    ///   - commandLine: With the program's name; empty where Swift could not read it from `/proc`.
    ///   - context: What the command gets from the process.
    /// - Returns: How the process should end.
    package static func run(commandLine: [String], in context: CommandContext) async -> ExitStatus {
        guard !commandLine.isEmpty else {
            let error = CLIError(
                .noCommandLine, "the command line cannot be read: /proc is not mounted, or is closed to this process",
                hint: "Mount it: mount -t proc proc /proc.")
            return end(error, asJSON: false, context)
        }
        return await run(Array(commandLine.dropFirst()), in: context)
    }

    /// Runs one command line.
    ///
    /// - Parameters:
    ///   - arguments: Without the program's name.
    ///   - context: What the command gets from the process.
    /// - Returns: How the process should end.
    package static func run(_ arguments: [String], in context: CommandContext) async -> ExitStatus {
        let task = Task(executorPreference: BlockingExecutor()) { runBlocking(arguments, context) }
        context.interrupts.cancelling { task.cancel() }
        return await task.value
    }

    private static func runBlocking(_ arguments: [String], _ context: CommandContext) -> ExitStatus {
        let command: any BaigoCommand
        do {
            var parsed = try RootCommand.parseAsRoot(arguments)
            guard let runnable = parsed as? any BaigoCommand else {
                try parsed.run()
                return .done
            }
            command = runnable
        } catch {
            return end(parsing: error, arguments, context)
        }
        var context = context
        context.choice = command.place.choice
        do {
            try command.run(in: context)
            return .done
        } catch {
            return end(error, asJSON: command.output.json, context)
        }
    }

    private static func end(parsing error: any Error, _ arguments: [String], _ context: CommandContext) -> ExitStatus {
        let text = RootCommand.fullMessage(for: error)
        do throws(FileError) {
            guard RootCommand.exitCode(for: error) != .success else {
                try context.output.line(text)
                return .done
            }
            guard arguments.contains("--json") else {
                let prefix = "Error: "
                try context.errorOutput.line(text.hasPrefix(prefix) ? "error: " + text.dropFirst(prefix.count) : text)
                return .usage
            }
        } catch {
            return error.exitStatus
        }
        let shown = CLIError(.usage, RootCommand.message(for: error), hint: "See baigo --help.")
        return end(shown, asJSON: true, context)
    }

    private static func end(_ error: any Error, asJSON: Bool, _ context: CommandContext) -> ExitStatus {
        if let status = error as? ResultStatus { return status.exitStatus }
        if error is CancellationError, let status = context.interrupts.received { return status }
        // A terminal that is closed fails whoever reads or writes there, before the signal is taken or after.
        if let error = error as? FileError, error.code == .inputOutput, context.terminal.isHungUp { return .hungUp }
        let shown =
            error as? any PresentableError
            ?? CLIError(
                .unexpected, "unexpected failure: \(error)", hint: "Please report this with the command you ran.")
        guard shown.exitStatus != .outputClosed else {
            return context.interrupts.received ?? .outputClosed
        }
        // Standard error may be closed too; the exit status still tells.
        try? context.show(shown, asJSON: asJSON)
        return shown.exitStatus
    }
}

extension CommandContext {
    /// Says on standard error what went wrong.
    func show(_ error: any PresentableError, asJSON: Bool) throws(FileError) {
        guard asJSON else {
            try errorOutput.line("error: " + error.message.escapedForTerminal)
            if let hint = error.hint { try errorOutput.line("hint: " + hint.escapedForTerminal) }
            return
        }
        let members: [String: JSONValue] = [
            "identifier": .string(error.identifier), "message": .string(error.message), "hint": .text(error.hint),
            "exitStatus": .integer(Int64(error.exitStatus.rawValue)),
        ]
        try errorOutput.event(["error": .object(members)])
    }
}

/// Ends a command whose output already says everything with a status other than 0.
struct ResultStatus: Error {
    let exitStatus: ExitStatus
}
