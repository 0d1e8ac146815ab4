// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import ModelStore
internal import SystemPackage

/// `baigo engine import`: takes an engine pack into the store.
struct EngineImport: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Verify an engine pack and take it into the store.",
        discussion: """
            FILE is a .baiengine, or a folder or medium with packs and perhaps the packages.json of a registry: then the \
            pack is taken that fits this host best. Nothing of it is run before its signature, in the pack or beside it as \
            FILE.asc, is by a key that is trusted for engines, or its SHA-256 was named. A pack with baigo's worker is \
            then proved and used, unless it does not work here.

              baigo engine import /media/stick/baigo-llama-cpp.baiengine
              baigo engine import /media/stick --accelerator cuda12 --dry-run
              baigo engine import --yes --sha256 HEX llama-cpp-26.4.20-linux-x64-cpu.baiengine

            Exit statuses: 3 no pack fits, 4 damaged or for another system, 5 signature, 6 it does not work here and is kept \
            unused, 7 no space or store held by another, 8 exists with other content.
            """)

    @Argument(help: "An engine pack, or a folder with packs.")
    var file: String

    @OptionGroup(title: "Which") var choice: EngineChoiceOptions

    @Option(help: ArgumentHelp("Trust the pack with this SHA-256. It is recorded.", valueName: "hex"))
    var sha256: String?

    @Flag(help: "Show what would happen; change nothing.")
    var dryRun = false

    @Flag(help: "Do not use the engine yet.")
    var noActivate = false

    @Flag(help: "Ask nothing.")
    var yes = false

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if let sha256, SHA256Digest(hex: sha256) == nil {
            throw ValidationError("--sha256 is 64 lower-case hexadecimal digits.")
        }
    }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let store = try host.store()
        let hardware = HostHardware.ofThisHost()
        let observer = progress.observer(output, context, host.configuration)
        let admission = EngineAdmission(
            store: store, named: sha256.flatMap { SHA256Digest(hex: $0) }, isRecording: !dryRun, context: context)
        let (path, offer) = try choice.pack(at: FilePath(file), hardware)
        let (pack, verdict) = try admission.open(path, host, hardware) { pack in
            try offer?.check(pack)
            if !output.quiet, !output.json { try context.errorOutput.text(card(pack, hardware)) }
        }
        let obstacles = pack.obstacles(on: hardware)
        if dryRun { return try showDryRun(pack, verdict, obstacles, context) }
        try confirm(pack, context)
        let result = try store.importEngine(
            pack, from: admission.origin(of: path), wait: writing.duration, progress: observer
        ) {
            try admission.judge(pack)
        }
        guard result.engine.receipt.hasWorker, !noActivate, obstacles.isEmpty else {
            return try report(result, isActive: false, verdict, obstacles, context)
        }
        do {
            let reference = try EngineReference(result.engine.reference)
            _ = try EngineTrialRun(hardware).activate(reference, in: store, wait: writing.duration)
        } catch {
            // Why it is not used is what counts, whoever reads standard output.
            try? report(result, isActive: false, verdict, obstacles, context)
            throw error
        }
        try report(result, isActive: true, verdict, obstacles, context)
    }

    private func card(_ pack: EnginePack, _ hardware: HostHardware) -> String {
        var card = TextCard()
        card.add("engine", "\(pack.manifest.id):\(pack.manifest.version)")
        card.add("target", pack.manifest.target.name)
        card.add("llama.cpp", pack.manifest.llamaVersion)
        card.add("files", "\(pack.files.count), \(pack.unpackedSize)")
        card.add("pack size", "\(pack.size)")
        card.add("digest", pack.digest.description)
        card.add("worker", pack.holds(EngineManifest.workerName) ? "yes" : "no, only its llama-server can be used")
        let obstacles = pack.obstacles(on: hardware)
        card.add("fits", obstacles.isEmpty ? "yes" : "no: " + obstacles.joined(separator: "; "))
        return card.text
    }

    private func confirm(_ pack: EnginePack, _ context: CommandContext) throws {
        guard !yes else { return }
        let question = "Import the engine \(pack.manifest.id):\(pack.manifest.version)?"
        guard try context.terminal.confirm(question, usingInput: true, remedy: "--yes") else {
            throw CLIError.declined
        }
    }

    private func showDryRun(
        _ pack: EnginePack, _ verdict: EngineVerdict, _ obstacles: [String], _ context: CommandContext
    ) throws {
        guard output.json else {
            return try context.output.line("\(pack.source.escapedForOneLine): would be imported")
        }
        try context.output.result([
            "digest": .string(pack.digest.description), "dryRun": true, "fits": .bool(obstacles.isEmpty),
            "manifest": .object(pack.manifest.json), "reasons": .array(obstacles.map(JSONValue.string)),
            "signature": verdict.json, "size": .integer(pack.size.bytes),
            "unpackedSize": .integer(pack.unpackedSize.bytes), "warnings": verdict.warnings.json,
        ])
    }

    private func report(
        _ result: EngineImportResult, isActive: Bool, _ verdict: EngineVerdict, _ obstacles: [String],
        _ context: CommandContext
    ) throws {
        guard output.json else {
            let use = isActive ? ", in use now" : ""
            try context.output.line(
                "\(result.engine.reference): \(result.wasPresent ? "already present" : "imported")\(use)")
            try context.errorOutput.warnings(verdict.warnings)
            guard !output.quiet, !isActive else { return }
            for obstacle in obstacles { try context.errorOutput.line("note: not used: it is \(obstacle)") }
            if !result.engine.receipt.hasWorker {
                try context.errorOutput.line("note: not used: it has no baigo worker; see baigo engine activate")
            }
            return
        }
        var engine = result.engine.json
        engine["active"] = .bool(isActive || result.engine.isActive)
        try context.output.result([
            "audit": result.audit.json, "engine": .object(engine), "fits": .bool(obstacles.isEmpty),
            "outcome": .string(result.wasPresent ? "present" : "imported"),
            "reasons": .array(obstacles.map(JSONValue.string)), "warnings": verdict.warnings.json,
        ])
    }
}
