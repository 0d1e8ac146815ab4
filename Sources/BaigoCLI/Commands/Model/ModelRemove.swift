// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import ModelStore

/// `baigo remove`: takes versions out of the store.
struct ModelRemove: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a model, or one version of it, from the store.",
        discussion: """
            A model with several versions needs --all, the active version of several and a pinned one --force. There is no way back but \
            to import the package again. Content that other versions use stays. A version that baigo check calls lost is \
            removed from what the audit log tells.

              baigo remove qwen2.5-7b-instruct:2026.10 --yes

            Exit statuses: 3 no such model, 7 the store is held by another, 64 it needs --all, --force or --yes.
            """)

    @Argument(help: "The model: name, name:version or name:version~identity.")
    var model: String

    @Flag(help: "Remove every version of the model.")
    var all = false

    @Flag(help: "Remove the version even if it is pinned or the active one.")
    var force = false

    @Flag(help: "Ask nothing.")
    var yes = false

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let reference = try ModelReference(model)
        if !yes {
            let asked = try host.own(reference) { try question(reference, $0) }
            guard try context.terminal.confirm(asked, usingInput: true, remedy: "--yes") else {
                throw CLIError.declined
            }
        }
        let result = try host.own(reference) {
            try $0.remove(reference, all: all, forced: force, wait: writing.duration)
        }
        if output.json {
            try context.output.result([
                "removed": .array(result.versions.map(\.json) + result.unreadable.map(Self.unreadable)),
                "freedBytes": .integer(result.freed.bytes),
                "lost": .array(result.lost.map { .string($0.reference) }), "warnings": result.warnings.json,
            ])
        } else {
            for version in result.versions { try context.output.line("\(version.exactReference): removed") }
            for reference in result.unreadable {
                try context.output.line("\(reference.escapedForTerminal): removed; it could not be read")
            }
            for version in result.lost {
                try context.output.line("\(version.reference): was not there; its loss is acknowledged")
            }
            if !output.quiet { try context.output.line("freed: \(result.freed)") }
            try context.errorOutput.warnings(result.warnings)
        }
    }

    private func question(_ reference: ModelReference, _ store: ModelStore) throws -> String {
        do {
            let found = try store.resolve(reference, checkingSizes: false).version
            return "Remove \(all ? "every version of \(found.name)" : found.exactReference.description)?"
        } catch let error as StoreError where [.modelNotFound, .versionNotFound].contains(error.code) {
            let lost = try store.lostVersions(reference)
            guard !lost.isEmpty else { throw error }
            return "Acknowledge that \(lost.map(\.reference).joined(separator: ", ")) is lost?"
        }
    }

    /// A version that was removed without being read.
    private static func unreadable(_ reference: String) -> JSONValue {
        ["reference": .string(reference), "unreadable": true]
    }
}
