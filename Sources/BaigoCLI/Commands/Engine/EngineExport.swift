// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import EngineWire
internal import SystemPackage

/// `baigo engine export`: the engine in use becomes one pack.
struct EngineExport: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Package the engine in use into one file.",
        discussion: """
            The pack holds the worker, its libraries, the backends that are not left out, llama-server and licences: a host \
            of the same system and processor with this or a newer C library needs nothing else. The same engine gives the \
            same bytes, signature apart, while SOURCE_DATE_EPOCH stands still.

              baigo engine export -o baigo-llama-cpp.baiengine --key build@example.org
              SOURCE_DATE_EPOCH=1795219200 baigo engine export -o engine.baiengine --version 2026.11

            Exit statuses: 6 no engine, or a part of it is missing, 7 no space or no key, 64 the file exists already.
            """)

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The pack to write.", valueName: "file"))
    var target: String

    @Option(help: "The id of the pack.")
    var id = EngineOffer.ownID

    @Option(
        name: .customLong("version"),
        help: ArgumentHelp("The version (default: that of llama.cpp, _baigo and that of baigo).", valueName: "version"))
    var packVersion: String?

    @Option(help: ArgumentHelp("What it is built for, such as cpu or cuda12 (default: as set up).", valueName: "name"))
    var accelerator: String?

    @Flag(help: "Replace the file if it exists.")
    var force = false

    @OptionGroup(title: "Signature") var signing: SigningOptions
    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if !target.hasSuffix(EngineFileName.ending) {
            throw ValidationError("-o names a file that ends in .baiengine.")
        }
    }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        try OutputPlace.check(target, reading: signing.files + host.storePlaces)
        let plan = try plan(host, context)
        let key = try signing.signingKey(host, context)
        let written = try PackageWriter.write(
            plan.plan, as: .tarGzip, to: .file(FilePath(target), replacing: force, readBack: false),
            signing: key.map { key in { try DetachedSigner.sign($0, with: key).armored } },
            progress: progress.observer(output, context, host.configuration))
        // Whoever gets it reads it by other rules than those it was written by.
        let pack = try EnginePack.open(FilePath(target), copyingTo: host.spoolFolder)
        try context.reporting(on: target) { try report(written, pack, plan, key, context) }
    }

    private func plan(_ host: Host, _ context: CommandContext) throws -> EnginePlan {
        let worker = try host.engine()
        let session = try EngineSession(engine: worker)
        defer { session.close() }
        let description = try session.describe()
        let version = packVersion ?? "\(description.linkedVersion)_baigo\(BaigoRelease.version)"
        return try EnginePlan(
            of: worker, description,
            EnginePlan.Label(
                id: id, version: version, accelerator: accelerator, createdAt: try context.packageTime(),
                createdBy: BaigoRelease.product),
            on: .ofThisHost())
    }

    private func report(
        _ written: WrittenPackage, _ pack: EnginePack, _ plan: EnginePlan, _ key: SigningKey?, _ context: CommandContext
    ) throws {
        guard output.json else {
            let signature = key.map { "signed by \($0.fingerprint)" } ?? "unsigned"
            try context.output.line(
                "\(target.escapedForOneLine): \(pack.manifest.id):\(pack.manifest.version) for \(plan.target.name), "
                    + "\(pack.size), \(signature)")
            if !output.quiet { try context.output.line("digest: \(pack.digest.hex)") }
            try context.errorOutput.warnings(plan.warnings)
            return
        }
        try context.output.result([
            "digest": .string(pack.digest.description), "file": .string(target),
            "identity": .string(written.identity.description), "manifest": .object(pack.manifest.json),
            "signedBy": .array([key?.fingerprint].compactMap(\.self).map(JSONValue.string)),
            "size": .integer(pack.size.bytes), "unpackedSize": .integer(pack.unpackedSize.bytes),
            "warnings": plan.warnings.json,
        ])
    }
}
