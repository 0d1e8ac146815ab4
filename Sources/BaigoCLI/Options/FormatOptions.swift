// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BundleKit

extension PackageFormat: ExpressibleByArgument {}

/// The container that is written.
struct FormatOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Container to write (default: what the target's name ends in, else baimodel).", valueName: "format"))
    var format: PackageFormat?

    /// The container for a target: the option, what its name ends in, or `.baimodel`.
    func format(for target: String) -> PackageFormat { format ?? PackageFormat(path: target) ?? .baimodel }
}
