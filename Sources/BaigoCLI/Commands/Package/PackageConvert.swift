// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import SystemPackage

/// `baigo convert`: a package in another container.
struct PackageConvert: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Put a package into another container without changing a digest.",
        discussion: """
            Between .baimodel, .tar, .tar.gz, .tar.zst and a folder. Manifest, checksums and signatures are carried \
            byte for byte. A bundle without manifest.json becomes a new package, which is unsigned.

              baigo convert qwen.baimodel qwen.tar.gz
              baigo convert qwen.tar.zst qwen.baimodel
              baigo convert qwen.baimodel unpacked/

            Exit statuses: 3 no such file, 4 damaged package, 7 no space, 64 the target exists already.
            """)

    @Argument(help: ArgumentHelp("A package, a tar bundle or an unpacked folder.", valueName: "in"))
    var source: String

    @Argument(help: ArgumentHelp("What to write: a file, a folder with a / at its end, or -.", valueName: "out"))
    var target: String

    @OptionGroup(title: "Container") var container: FormatOptions
    @OptionGroup(title: "Packages of other makers") var naming: NamingOptions

    @Flag(help: "Replace the file if it exists; a folder is never replaced.")
    var force = false

    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if source == "-" { throw ValidationError("convert reads a file or folder, not standard input.") }
        if target.isEmpty { throw ValidationError("convert needs the name of what to write, or -.") }
        if container.format == nil, PackageFormat(path: target) == nil {
            throw ValidationError(
                "\(target.escapedForOneLine) does not say what it is: end it in .baimodel, .tar, .tar.gz, .tar.zst or /, "
                    + "or use --format.")
        }
    }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        try OutputPlace.check(target, reading: [source] + host.storePlaces)
        let package = try host.package(at: source, naming)
        let results = target == "-" ? context.errorOutput : context.output
        let place: PackageTarget =
            target == "-"
            ? .stream(try OwnedDescriptor.writing(to: 1, path: "standard output"))
            : .file(FilePath(target), replacing: force, readBack: false)
        let written = try PackageWriter.rewrite(
            package, as: container.format(for: target), to: place,
            progress: progress.observer(output, context, host.configuration))
        try context.reporting(on: target) { try report(package, written, results, context) }
    }

    private func report(
        _ package: PackageReader, _ written: WrittenPackage, _ out: any OutputTarget, _ context: CommandContext
    ) throws {
        let isNew = package.identity != written.identity
        guard !output.json else {
            return try out.result([
                "package": .object(written.manifest.json), "identity": .string(written.identity.description),
                "content": .string(written.content.description), "packageSize": .integer(written.size.bytes),
                "file": target == "-" ? .null : .string(target), "newPackage": .bool(isNew),
                "signed": .bool(written.isSigned), "warnings": package.warnings.json,
            ])
        }
        let signature = written.isSigned ? "with its signatures" : "unsigned"
        let what = isNew ? "a new package, \(signature): the old list has no manifest" : signature
        try out.line(
            "\((target == "-" ? "standard output" : target).escapedForOneLine): "
                + "\(written.manifest.name):\(written.manifest.version), \(written.size), \(what)")
        if !output.quiet { try out.line("identity: \(written.identity)") }
        try context.errorOutput.warnings(package.warnings)
    }
}
