// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore

/// How progress is shown.
enum ProgressMode: String, ExpressibleByArgument, CaseIterable, Sendable {
    case auto, none, plain, json
}

/// Options of every command that say what is printed.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print results, and errors, as JSON.")
    var json = false

    @Flag(help: "Print results and errors only.")
    var quiet = false

    init() {}
}

/// How a command that moves data shows progress.
struct ProgressOptions: ParsableArguments {
    @Option(help: "Show progress on standard error (off with --json unless asked for).")
    var progress: ProgressMode?

    init() {}

    /// The observer that these options ask for.
    func observer(_ output: OutputOptions, _ context: CommandContext, _ configuration: Configuration)
        -> any ProgressObserver
    {
        let mode =
            progress ?? (output.json ? ProgressMode.none : configuration.progress.flatMap(ProgressMode.init) ?? .auto)
        let style: ProgressDisplay.Style
        switch mode {
        case .none: return SilentProgress()
        case .plain: style = .plain
        case .json: style = .json
        case .auto where output.quiet: return SilentProgress()
        case .auto: style = context.terminal.errorIsTerminal ? .bar : .plain
        }
        return ProgressDisplay(style: style, target: context.errorOutput)
    }
}
