// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// What a package of another maker is called, where it does not say so itself.
struct NamingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Name for a package without one: a bundle without manifest.json, or with another maker's.",
            valueName: "[publisher/]model"))
    var name: String?

    @Option(help: ArgumentHelp("Version for a package without one.", valueName: "version"))
    var version: String?
}
