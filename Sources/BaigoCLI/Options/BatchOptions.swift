// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Many requests in one run.
struct BatchOptions: ParsableArguments {
    /// Answers that are computed together where nothing else is asked for and they fit.
    static let usualParallel = 8

    @Option(
        help: ArgumentHelp(
            "Answer the requests of this file, a JSON object a line; - is standard input (see docs/cli.md).",
            valueName: "file"))
    var batch: String?

    @Option(
        help: ArgumentHelp(
            "Write the answers there, a line each; a file of an earlier run is continued (default: standard output).",
            valueName: "file"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Answers that are computed together; each has a context of its own (default: 8).", valueName: "count"))
    var parallel: Int?

    func validate() throws {
        if batch == nil, output != nil || parallel != nil {
            throw ValidationError("--output and --parallel go with --batch.")
        }
        if let parallel, !(1...256).contains(parallel) {
            throw ValidationError("--parallel is a number from 1 to 256.")
        }
    }
}
