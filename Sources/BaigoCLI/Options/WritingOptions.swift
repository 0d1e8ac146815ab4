// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Options of commands that change the store.
struct WritingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Wait this long for another writer.", valueName: "seconds"))
    var wait: Int = 0

    func validate() throws {
        if !(0...86_400).contains(wait) { throw ValidationError("--wait is a number of seconds, 86400 at the most.") }
    }

    var duration: Duration { .seconds(wait) }
}
