// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

/// `baigo export`: one model becomes one package.
struct PackageExport: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Package a model into one file.",
        discussion: """
            MODEL is a GGUF file (all its shards are taken), a folder with weights, tokenizer, configuration, card and \
            licence, or a model of the store. What is not given by an option is read from the model.

              baigo export ./model.gguf -o model.baimodel --key build@example.org
              baigo export ./Qwen2.5-7B-Instruct-GGUF/ -o qwen.baimodel --version 2026.11 --dry-run
              baigo export ./model.gguf -o bundle.tar.gz
              baigo export qwen/qwen2.5-7b-instruct -o - | ssh host baigo import - --yes

            A model of the store is written as it came in, signatures included, unless an option changes its manifest.
            Exit statuses: 3 no such model or file, 4 damaged model, 7 no space or no key, 9 the licence forbids it, 64 the file exists already.
            """)

    @Argument(help: "A GGUF file, a folder (with a / in front, ./ or ../), or a model of the store.")
    var model: String

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The package to write; - for standard output.", valueName: "file"))
    var target: String

    @OptionGroup(title: "Container") var container: FormatOptions
    @OptionGroup(title: "What the package says") var description: DescriptionOptions
    @OptionGroup(title: "Signature") var signing: SigningOptions

    @Flag(help: "Show contents and size; write nothing.")
    var dryRun = false

    @Flag(help: "Replace the file if it exists.")
    var force = false

    @Flag(help: "Read the written package back from the medium and hash it again: for sticks.")
    var readBack = false

    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if target.isEmpty { throw ValidationError("-o needs the name of a file, or -.") }
        if readBack, format != .baimodel { throw ValidationError("--read-back needs a .baimodel file.") }
        if readBack, target == "-" { throw ValidationError("--read-back needs a file, not standard output.") }
    }

    private var format: PackageFormat { container.format(for: target) }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        try OutputPlace.check(target, reading: try sources() + host.storePlaces)
        let (source, store) = try source(host, context)
        let size = try source.measure(as: format)
        let results = target == "-" ? context.errorOutput : context.output
        let leave = try ExportLeave(source, host, context)
        if dryRun {
            try show(source, size, leave, results)
            return try leave.check()
        }
        try leave.checkRecording()
        if !output.quiet { try preview(source, size, context.errorOutput) }
        let key = try signing.signingKey(host, context)
        let audit = try store.auditLog().head()
        let written = try source.write(
            as: format, to: try packageTarget(), signing: key,
            progress: progress.observer(output, context, host.configuration))
        try context.reporting(on: target) {
            try report(written, source, key, audit.sequence > 0 ? audit : nil, results)
        }
    }

    /// Files and folders that the command line names and that are not to be written into.
    ///
    /// A package may stand beside the model in the folder that is exported: nothing of it is taken that is no part of a
    /// model.
    private func sources() throws -> [String] {
        var named = try description.files() + signing.files
        if case .path(let path) = ModelArgument(model) {
            let isFolder = (try? FileStatus.of(path).kind) == .folder
            if !isFolder || format == .folder { named.append(path.string) }
        }
        return named
    }

    /// What is exported, and the store whose audit log goes with it.
    private func source(_ host: Host, _ context: CommandContext) throws -> (ExportSource, ModelStore) {
        switch ModelArgument(model) {
        case .path(let path):
            let source = try ModelSource.inspect(path, options: try description.sourceOptions(context))
            return (.files(source), try host.store())
        case .name(let name):
            guard description.isEmpty else {
                throw CLIError(
                    .usage, "a model of the store keeps its manifest; --name, --version and the like need files",
                    hint: "Export without these options, or export the files themselves.")
            }
            let shelf = try host.shelf()
            let (place, stored) = try shelf.resolve(ModelReference(name))
            let store = try place == .system ? shelf.system() : nil
            return (.stored(try stored.reader()), store ?? shelf.own)
        }
    }

    private func packageTarget() throws -> PackageTarget {
        guard target != "-" else {
            return .stream(try OwnedDescriptor.writing(to: 1, path: "standard output"))
        }
        return .file(FilePath(target), replacing: force, readBack: readBack)
    }

    private func preview(_ source: ExportSource, _ size: ByteCount, _ out: any OutputTarget) throws {
        try out.text(source.card(packageSize: size))
        try out.warnings(source.warnings)
    }

    private func show(
        _ source: ExportSource, _ size: ByteCount, _ leave: ExportLeave, _ out: any OutputTarget
    ) throws {
        guard output.json else {
            try out.text(source.card(packageSize: size) + "\n" + source.contents)
            try out.warnings(source.warnings)
            return
        }
        try out.result([
            "dryRun": true, "package": source.json, "packageSize": .integer(size.bytes),
            "policy": leave.json, "warnings": source.warnings.json,
        ])
    }

    private func report(
        _ written: WrittenPackage, _ source: ExportSource, _ key: SigningKey?, _ audit: AuditHead?,
        _ out: any OutputTarget
    ) throws {
        let fingerprints = key.map { [$0.fingerprint] } ?? []
        guard !output.json else {
            try out.result([
                "dryRun": false, "package": .object(written.manifest.json),
                "identity": .string(written.identity.description),
                "content": .string(written.content.description), "packageSize": .integer(written.size.bytes),
                "file": target == "-" ? .null : .string(target), "signedBy": .array(fingerprints.map(JSONValue.string)),
                "warnings": source.warnings.json, "audit": audit?.json ?? .null,
            ])
            return
        }
        let signature =
            fingerprints.first.map { "signed by \($0)" } ?? (source.isSigned ? "with its signatures" : "unsigned")
        try out.line(
            "\((target == "-" ? "standard output" : target).escapedForOneLine): \(written.manifest.name):\(written.manifest.version), "
                + "\(written.size), \(signature)")
        guard !output.quiet else { return }
        try out.line("identity: \(written.identity)")
        if let audit { try out.line("audit: \(audit)") }
    }
}

extension [Warning] {
    /// `[{"identifier", "message"}]`.
    var json: JSONValue {
        .array(map { ["identifier": .string($0.identifier), "message": .string($0.message)] })
    }
}
