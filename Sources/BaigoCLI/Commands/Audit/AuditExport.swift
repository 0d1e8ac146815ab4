// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo audit export`: a copy of the audit log that leaves the host.
struct AuditExport: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a copy of the audit log, signed if a key is named.",
        discussion: """
            The lines as they are stored, after the whole log was checked. The signature is written to FILE.asc; gpg \
            checks it alone, and baigo audit verify FILE checks the chain. Keep the head that is printed: it shows later \
            that nothing was cut from the log on the host.

              baigo audit export -o audit-2026-11.jsonl --since 2026-11-01T00:00:00Z --key officer@example.org
              gpg --verify audit-2026-11.jsonl.asc audit-2026-11.jsonl

            Exit statuses: 3 no such key, 4 the log was changed, 7 the key cannot sign, 64 the file exists already.
            """)

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The file to write; - for standard output.", valueName: "file"))
    var target: String

    @Option(help: ArgumentHelp("Only lines from this time on.", valueName: "2026-11-21T22:00:00Z"))
    var since: String?

    @Flag(help: "Replace the files if they exist.")
    var force = false

    @OptionGroup(title: "Signature") var signing: SigningOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if let since, Timestamp(since) == nil {
            throw ValidationError("\(since) is no time such as 2026-11-21T22:00:00Z.")
        }
        if target == "-", signing.isAsked { throw ValidationError("A signature needs a file: name one with -o.") }
    }

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let read = signing.files + host.storePlaces
        try OutputPlace.check(target, reading: read)
        let copy = try host.store().auditLog().copy(since: since.flatMap { Timestamp($0) })
        let results = target == "-" ? context.errorOutput : context.output
        let key = try signing.signingKey(host, context)
        let signature = try key.map { try DetachedSigner.sign(copy.bytes, with: $0) }
        if target == "-" {
            try context.output.write(copy.bytes)
        } else {
            if let signature {
                try SmallFile.write(signature.armored, to: target + ".asc", replacing: force, reading: read)
            }
            try SmallFile.write(copy.bytes, to: target, replacing: force, reading: read)
        }
        try context.reporting(on: target) { try report(copy, signature?.fingerprint, results) }
    }

    private func report(_ copy: AuditLog.Copy, _ signer: String?, _ results: any OutputTarget) throws {
        if output.json {
            try results.result([
                "file": target == "-" ? .null : .string(target), "head": copy.head.json,
                "lines": .integer(copy.lines), "signature": signer == nil ? .null : .string(target + ".asc"),
                "signedBy": .text(signer),
            ])
        } else {
            let by = signer.map { ", signed by \($0)" } ?? ""
            try results.line("\(target.escapedForOneLine): \(copy.lines) lines\(by); head \(copy.head)")
        }
    }
}
