// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore
internal import SystemPackage

/// `baigo check`: whether the store still holds what was put into it.
struct StoreCheck: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check everything in the store again, and repair it.",
        discussion: """
            Hashes every content once, on all cores, compares every unpacked package with its receipt, and checks the \
            audit log, and that every version it tells of is there. Changes nothing unless asked to, and needs no permission to write. With a model, only what that \
            model needs is looked at.

              baigo check
              baigo check qwen2.5-7b-instruct --json
              baigo check --quarantine
              baigo check --repair /media/stick/qwen.baimodel

            Exit statuses: 3 no such model, 4 something is damaged and stays so, 7 the store cannot be read or written.
            """)

    @Argument(help: "Only this model, or this version of it.")
    var model: String?

    @Flag(help: "Make the index anew from the plain files first.")
    var rebuild = false

    @Flag(
        help: "Move damaged contents to the folder quarantine of the store; versions that need them are refused then.")
    var quarantine = false

    @Option(
        help: ArgumentHelp(
            "Take damaged and missing contents again from a package, a file, or a folder that holds them.",
            valueName: "from"))
    var repair: String?

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let store = try host.store()
        let source = try repair.map { path throws(FileError) in try RepairSource(at: FilePath(path)) }
        let reference = try model.map { model throws(StoreError) in try ModelReference(model) }
        let observer = progress.observer(output, context, host.configuration)
        let indexed = rebuild ? try store.rebuildIndex(wait: writing.duration) : nil
        let first = try host.own(reference) { try $0.check(reference, progress: observer) }
        var report = first
        var moved: QuarantineResult?
        if quarantine, !report.isHealthy {
            moved = try store.quarantine(report, wait: writing.duration)
            if moved != nil { report = try store.check(reference, knowing: report.good) }
        }
        var repaired: RepairResult?
        if let source, let repair, !report.isHealthy {
            let result = try store.repair(
                report, from: source, origin: (try? FilePath(repair).resolved().string) ?? repair,
                wait: writing.duration, progress: observer)
            report = try store.check(reference, knowing: report.good.union(result.blobs))
            repaired = result
        }
        let summary = CheckSummary(
            report: report, hashed: first.hashed, indexed: indexed, quarantine: moved, repair: repaired)
        if output.json {
            try context.output.result(summary.json)
        } else {
            try context.output.text(summary.text(quiet: output.quiet))
        }
        if let error = report.error { throw error }
    }
}
