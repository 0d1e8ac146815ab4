// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Tells a person of each file that is done.
///
/// Where that fails, because standard output was closed or the disk behind it is full, the work goes on all the same:
/// what failed is kept for the end of the run.
final class IngestTeller {
    private let output: OutputOptions
    private let context: CommandContext
    /// What failed first.
    private(set) var failure: FileError?

    init(_ output: OutputOptions, _ context: CommandContext) {
        self.output = output
        self.context = context
    }

    /// A line for the file, and one for each warning.
    func tell(_ record: IngestRecord) {
        line(record)
        guard !output.quiet else { return }
        for warning in record.warnings { warn(warning.message) }
    }

    /// A line for the file alone.
    func line(_ record: IngestRecord) {
        guard !output.json else { return }
        if record.error != nil {
            attempt { () throws(FileError) in try context.errorOutput.line(record.line) }
        } else if !output.quiet {
            attempt { () throws(FileError) in try context.output.line(record.line) }
        }
    }

    /// A warning that no file's own line brings.
    func warn(_ message: String) {
        guard !output.json else { return }
        attempt { () throws(FileError) in
            try context.errorOutput.line("warning: " + message.escapedForTerminal)
        }
    }

    /// Warnings of what is no file to be done.
    func leftOut(_ warnings: [Warning]) {
        guard !output.quiet else { return }
        for warning in warnings { warn(warning.message) }
    }

    /// A line for a person.
    func note(_ text: String) {
        guard !output.json, !output.quiet else { return }
        attempt { () throws(FileError) in try context.errorOutput.line(text) }
    }

    /// The result, where it is asked for as JSON.
    func result(_ members: @autoclosure () -> [String: JSONValue]) {
        guard output.json else { return }
        attempt { () throws(FileError) in try context.output.result(members()) }
    }

    private func attempt(_ body: () throws(FileError) -> Void) {
        do throws(FileError) {
            try body()
        } catch {
            if failure == nil { failure = error }
        }
    }
}
