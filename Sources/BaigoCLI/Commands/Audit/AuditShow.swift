// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore

/// `baigo audit show`: lines of the audit log.
struct AuditShow: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show lines of the audit log.",
        discussion: """
            A change has two lines: its intent before and its outcome after. With --json each line of the log is one \
            line of output, as it is stored.

              baigo audit show --kind import --since 2026-11-01T00:00:00Z
              baigo audit show --kind refused --until 2026-12-01T00:00:00Z
              baigo audit show --model qwen/qwen2.5-7b-instruct --json

            Exit statuses: 7 the store cannot be read.
            """)

    @Option(help: ArgumentHelp("Only lines about this model, or this version of it.", valueName: "name[:version]"))
    var model: String?

    @Option(
        name: [.customLong("kind"), .customLong("operation")],
        help: ArgumentHelp(
            "Only lines of this kind: an operation (import, remove, trust.add, …), a result (refused, failed, …), or intent, outcome, recovery; several times: of all of them.",
            valueName: "name"))
    var kinds: [String] = []

    @Option(help: ArgumentHelp("Only lines from this time on.", valueName: "2026-11-21T22:00:00Z"))
    var since: String?

    @Option(help: ArgumentHelp("Only lines before this time.", valueName: "2026-11-21T22:00:00Z"))
    var until: String?

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        for time in [since, until].compactMap(\.self) where Timestamp(time) == nil {
            throw ValidationError("\(time) is no time such as 2026-11-21T22:00:00Z.")
        }
    }

    func run(in context: CommandContext) throws {
        let log = try Host(context).store().auditLog()
        var table = TextTable("SEQUENCE", "TIME", "KIND", "OPERATION", "RESULT", "MODEL", "BY")
        try log.forEachLine { line in
            guard isWanted(line) else { return true }
            if output.json {
                try context.output.event(line.json.object ?? [:])
            } else {
                table.rows.append([
                    String(line.sequence), line.time.description, line.kind.rawValue, line.event.operation,
                    line.error ?? line.result?.rawValue ?? "", line.event.model ?? "", line.by,
                ])
            }
            return true
        }
        if !output.json { try context.output.text(table.text) }
    }

    private func isWanted(_ line: AuditLine) -> Bool {
        let names = [line.event.operation, line.kind.rawValue, line.result?.rawValue]
        guard kinds.allSatisfy(names.contains) else { return false }
        if let model, line.event.model != model, line.event.model?.hasPrefix(model + ":") != true { return false }
        if let since = since.flatMap({ Timestamp($0) }), line.time < since { return false }
        if let until = until.flatMap({ Timestamp($0) }), line.time >= until { return false }
        return true
    }
}
