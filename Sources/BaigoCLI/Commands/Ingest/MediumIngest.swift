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
            Files named *.baimodel in a folder, links left out, are taken in the order of their names, each as by \
            import --yes; what is good is imported, what is refused is told of. Without --move the medium is only read. It asks \
            nothing and can be run again at any time: what is in the store already is success.

              baigo ingest /media/stick --quarantine /srv/refused --report /srv/reports/today.json
              find /media -name '*.baimodel' -print0 | baigo ingest -0 -
              baigo ingest /media/stick --all-or-nothing --require-signature

            Exit statuses: 0 all imported or present, 2 some, else the status that all failures share, or 1.
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
    }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let store = try host.store()
        let items = try IngestItem.items(named: try names())
        let book = IngestReport(store, StoreContext.current(program: BaigoRelease.product))
        let place = report.map { FilePath($0) }
        // A report that cannot be written is told of before anything is done.
        if let place { try book.publish([], at: place, isComplete: false) }
        var pass = try IngestPass(
            host: host, store: store,
            rules: AdmissionRules(
                isReplacing: replace, signature: signature.request, policy: policy.request, wait: .seconds(wait)),
            quarantine: try quarantine.map { path throws(FileError) in try IngestQuarantine(at: FilePath(path)) },
            isMoving: isMoving, context: context, progress: { progress.observer(output, context, host.configuration) },
            ended: { try show($0, context) })
        var failure: (any Error)?
        do {
            if allOrNothing { try pass.importAllOrNothing(items) } else { try pass.importGoodOnes(items) }
        } catch {
            failure = error
        }
        let isComplete = failure == nil || failure is any PresentableError
        if let place { try book.publish(pass.records, at: place, isComplete: isComplete) }
        if output.json { try context.output.result(try book.json(pass.records, isComplete: isComplete)) }
        if let failure { throw failure }
        if let error = Self.verdict(pass.records) { throw error }
    }

    private func names() throws -> [String] {
        guard files == ["-"] else { return files }
        var input = LineReader(try OwnedDescriptor.duplicating(0, path: "standard input"))
        let separator: Character = nulSeparated ? "\0" : "\n"
        return try input.rest().split(separator: separator).map(String.init)
    }

    private func show(_ record: IngestRecord, _ context: CommandContext) throws {
        guard !output.json else { return }
        if record.error == nil {
            if !output.quiet { try context.output.line(record.line) }
        } else {
            try context.errorOutput.line(record.line)
        }
        for warning in record.warnings where !output.quiet {
            try context.errorOutput.line("warning: " + warning.message.escapedForTerminal)
        }
    }

    /// What the whole run ends with; `nil` where everything is in the store.
    static func verdict(_ records: [IngestRecord]) -> (any PresentableError)? {
        let errors = records.compactMap(\.error)
        guard let first = errors.first else { return nil }
        let names = records.filter { $0.error != nil }.prefix(5).map(\.item.name).joined(separator: ", ")
        let list = "\(errors.count) of \(records.count) were not imported: \(names)\(errors.count > 5 ? ", …" : "")"
        if records.contains(where: \.isIn) {
            return CLIError(.partlyDone, list, hint: "Run it again when what stands against them is mended.")
        }
        if errors.allSatisfy({ $0.exitStatus == first.exitStatus }) { return first }
        return CLIError(.nothingDone, list, hint: "See the messages above, or the report.")
    }
}
