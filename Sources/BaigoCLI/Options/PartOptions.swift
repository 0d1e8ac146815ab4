// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit

/// What of a package is shown alone.
struct PartOptions: ParsableArguments {
    @Flag(help: "Print the model's own card instead, as its makers wrote it; escaped on a terminal.")
    var card = false

    @Flag(help: "Print a bill of materials instead: CycloneDX 1.6 as JSON, the same for the same package.")
    var sbom = false

    init() {}

    func validate() throws {
        if card, sbom { throw ValidationError("--card and --sbom exclude each other.") }
    }

    /// Whether one is asked for.
    var isOne: Bool { card || sbom }

    /// Prints it.
    ///
    /// - Throws: `BundleError`, code `sourceNotFound`, for a package without a card; what reading it throws.
    func show(of package: PackageReader, _ output: OutputOptions, _ context: CommandContext) throws {
        guard !sbom else {
            return try context.output.write(JSONValue.object(ModelBill(of: package).json()).prettyBytes)
        }
        guard let card = try package.card() else {
            throw BundleError(
                .sourceNotFound, "\(package.manifest.name):\(package.manifest.version) has no card",
                hint: "Without --card the manifest is shown.")
        }
        let text = String(decoding: card.bytes, as: UTF8.self)
        if output.json {
            try context.output.result(["path": .string(card.path), "text": .string(text)])
        } else if context.terminal.outputIsTerminal {
            try context.output.text(text.escapedForTerminal)
        } else {
            try context.output.write(card.bytes)
        }
    }
}
