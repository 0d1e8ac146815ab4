// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

/// `baigo ingest`: takes in everything on a medium, from a script.
struct MediumIngest: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Take every package of a medium into the store.",
        discussion: """
            Files named *.baimodel in a folder, in any case of letters, are taken in the order of their names, each as by \
            import --yes; links and folders of such a name are left out with a warning. What is good is imported, what is \
            refused is told of. Without --move the medium is only read. It asks \
            nothing and can be run again at any time: what is in the store already is success. Report and quarantine lie \
            outside of the store and of the folders that are read.

              baigo ingest /media/stick --quarantine /srv/refused --report /srv/reports/today.json
              find /media -name '*.baimodel' -print0 | baigo ingest -0 -
              baigo ingest /media/stick --all-or-nothing --require-signature

            Exit statuses: 0 all imported or present, or no package there; 2 some, else the status that all failures share, \
            or 1; 7 or 141 where all was done but report or output could not be written.
            """)

    @Argument(help: "Packages, and folders that hold some; - alone for their names on standard input, one a line.")
    var files: [String]

    @Flag(name: .customShort("0"), help: "The names on standard input end in NUL bytes.")
    var nulSeparated = false

    @Flag(help: "Verify everything first; import all or, if one is refused or fails, none.")
    var allOrNothing = false

    @Option(help: ArgumentHelp("Copy refused files to this folder, each with its reason.", valueName: "folder"))
    var quarantine: String?

    @Flag(
        name: .customLong("move"),
        help: "Remove each file once the store holds its content, or the quarantine folder a copy.")
    var isMoving = false

    @Option(help: ArgumentHelp("Write a report: JSON, and text beside it with the ending .txt.", valueName: "file"))
    var report: String?

    @Flag(help: "Keep a version of the same number with other content beside the new one, and use the new one.")
    var replace = false

    @OptionGroup(title: "Signature") var signature: SignatureOptions
    @OptionGroup(title: "Policy") var policy: PolicyOptions

    @Option(help: ArgumentHelp("Wait this long for another writer.", valueName: "seconds"))
    var wait: Int = 600

    @OptionGroup(title: "Progress") var progress: ProgressOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if !(0...86_400).contains(wait) { throw ValidationError("--wait is a number of seconds, 86400 at the most.") }
        let isList = files == ["-"]
        if files.contains("-"), !isList { throw ValidationError("- stands alone.") }
        if nulSeparated, !isList { throw ValidationError("-0 goes with - for standard input.") }
        if let report, ["", "-"].contains(report) {
            throw ValidationError("--report needs the name of a file; --json prints the report.")
        }
        if let quarantine, ["", "-"].contains(quarantine) {
            throw ValidationError("--quarantine needs the name of a folder.")
        }
    }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let store = try host.store()
        let targets = IngestTargets(
            report: report.map { FilePath($0) }, quarantine: quarantine.map { FilePath($0) })
        try targets.checkEachOther()
        let sources = IngestSources(named: try names())
        try targets.check(sources, homes: [host.home] + [try? host.configuration.systemStore()].compactMap(\.self))
        let book = IngestReport(
            store, StoreContext.current(program: BaigoRelease.product), warnings: sources.leftOut)
        let teller = IngestTeller(output, context)
        var pass = try IngestPass(
            host: host, store: store,
            rules: AdmissionRules(
                isReplacing: replace, signature: signature.request, policy: policy.request, wait: .seconds(wait)),
            quarantine: try targets.quarantine.map { path throws(FileError) in try IngestQuarantine(at: path) },
            isMoving: isMoving, context: context, progress: { progress.observer(output, context, host.configuration) },
            teller: teller)
        // A report that cannot be written is told of before anything is done.
        if let place = targets.report { try book.publish([], at: place, isComplete: false) }
        teller.leftOut(sources.leftOut)
        var failure: (any Error)?
        do {
            if allOrNothing {
                try pass.importAllOrNothing(sources.items)
            } else {
                try pass.importGoodOnes(sources.items)
            }
        } catch {
            failure = error
        }
        let outcome = IngestOutcome(records: pass.records, count: sources.items.count)
        let lost = reportFault(book, outcome, targets.report)
        teller.result(book.json(outcome.records, isComplete: outcome.isComplete))
        if outcome.isEmpty { teller.note("no package was found") }
        if let failure {
            if let lost { teller.warn(lost.message) }
            throw failure
        }
        if let lost { throw lost }
        if let untold = teller.failure { throw outcome.untold(untold) }
        if let error = outcome.verdict { throw error }
        if targets.report != nil || output.json { try book.checkStore() }
    }

    /// Writes the report at the end.
    ///
    /// - Returns: Why it is not there.
    private func reportFault(_ book: IngestReport, _ outcome: IngestOutcome, _ place: FilePath?) -> CLIError? {
        do {
            if let place { try book.publish(outcome.records, at: place, isComplete: outcome.isComplete) }
            return nil
        } catch {
            return outcome.unreported(error)
        }
    }

    /// The paths on the command line or on standard input, as bytes: a name need not be text.
    private func names() throws -> [[UInt8]] {
        guard files == ["-"] else { return files.map { Array($0.utf8) } }
        var input = LineReader(try OwnedDescriptor.duplicating(0, path: "standard input"))
        let bytes = try input.remainingBytes()
        guard !nulSeparated else { return bytes.split(separator: 0).map(Array.init) }
        guard !bytes.contains(0) else {
            throw CLIError(
                .usage, "the names on standard input have NUL bytes", hint: "Use -0 for names that end in NUL.")
        }
        // The CR of a line that ends in CR LF is none of the name; who has such names uses -0.
        return bytes.split(separator: 0x0A).map { Array($0.last == 0x0D ? $0.dropLast() : $0) }.filter { !$0.isEmpty }
    }
}
