// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import SystemPackage

/// Everything a command gets from the process it runs in.
package struct CommandContext: Sendable {
    /// Environment variables.
    package let environment: [String: String]
    /// The program's own file, links resolved.
    package let executable: FilePath
    /// Results go here.
    package let output: any OutputTarget
    /// Progress, notes and errors go here.
    package let errorOutput: any OutputTarget
    package let terminal: Terminal
    package let interrupts: Interrupts
    /// The store that the command line names.
    var choice = StoreChoice.configured

    /// Puts a context together.
    package init(
        environment: [String: String], executable: FilePath, output: any OutputTarget, errorOutput: any OutputTarget,
        terminal: Terminal, interrupts: Interrupts
    ) {
        self.environment = environment
        self.executable = executable
        self.output = output
        self.errorOutput = errorOutput
        self.terminal = terminal
        self.interrupts = interrupts
    }

    /// Variables that scanners of the policy get.
    var scannerEnvironment: [String: String] {
        environment.filter { ["HOME", "TMPDIR", "USER", "LOGNAME"].contains($0.key) }
    }

    /// The time that packages carry: `SOURCE_DATE_EPOCH` where it is set, else now.
    ///
    /// - Throws: `CLIError` when the variable is no number.
    func packageTime() throws -> Timestamp {
        guard let text = environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return .now }
        guard let seconds = Int64(text), seconds >= 0, seconds < 253_402_300_800 else {
            throw CLIError(
                .configuration, "SOURCE_DATE_EPOCH is no number of seconds: \(text.escapedForOneLine)",
                hint: "Set it to seconds since 1970, such as 1795219200, or unset it.")
        }
        return Timestamp(secondsSinceEpoch: seconds)
    }
}
