// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore
internal import SystemPackage

/// `baigo audit verify`: whether the audit log is whole.
struct AuditVerify: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check that every line of the audit log follows from the one before it.",
        discussion: """
            All files of the log are read as one, those that baigo audit rotate closed first. A cut tail shows only against a number and digest that was kept elsewhere: receipts and reports hold them.

              baigo audit verify
              baigo audit verify audit-2026-11.jsonl
              baigo audit verify --expect 42:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

            Exit statuses: 4 the log was changed, or does not contain the expected line.
            """)

    @Argument(
        help: "A copy that baigo audit export wrote, or a closed file of the log; the log of the store without one.")
    var file: String?

    @Option(help: ArgumentHelp("A line that the log must contain.", valueName: "sequence:digest"))
    var expect: String?

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let expected = try expect.map { text in
            guard let head = AuditHead(text) else {
                throw CLIError(.usage, "\(text.escapedForOneLine) is no number and digest", hint: "Write it as 42:HEX.")
            }
            return head
        }
        let found = try verify(expecting: expected.map { [$0] } ?? [], context)
        if output.json {
            try context.output.result([
                "valid": true, "head": found.head.json, "lines": .integer(found.lines),
                "files": .array(found.files.map(JSONValue.string)), "tornBytes": .integer(Int64(found.tornBytes)),
                "recoveryLines": .array(found.recoveryLines.map { .integer(Int64($0)) }),
                "openIntents": .array(found.openIntents.map { .integer($0) }),
            ])
            return
        }
        let files = found.files.count > 1 ? " in \(found.files.count) files" : ""
        try context.output.line("\(found.lines) lines\(files), whole; head \(found.head)")
        for intent in found.openIntents {
            try context.output.line("line \(intent) has no outcome: its command was killed, or still runs")
        }
        if found.tornBytes > 0 {
            try context.output.line(
                "\(found.tornBytes) bytes at the end are no line: a command was killed, or the log was cut")
        }
        for number in found.recoveryLines {
            try context.output.line("line \(number) of the log accounts for what a killed command left before it")
        }
    }

    /// The log of a store has to contain what its receipts name, too.
    private func verify(expecting heads: Set<AuditHead>, _ context: CommandContext) throws -> AuditLog.Verification {
        if let file { return try AuditLog(copy: FilePath(file)).verify(expecting: heads) }
        let store = try Host(context).store()
        // Read first: what is imported meanwhile is in the log then.
        let named = try store.receiptHeads()
        return try store.auditLog().verify(expecting: heads.union(named))
    }
}
