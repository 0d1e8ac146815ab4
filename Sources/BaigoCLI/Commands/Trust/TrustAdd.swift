// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

extension KeyPurpose: ExpressibleByArgument {}

/// `baigo trust add`: trusts a key.
struct TrustAdd: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Trust a key.",
        discussion: """
            Shows the key and asks. Compare the fingerprint with its owner by another way than the one the file came.

              baigo trust add build.asc
              baigo trust add build.asc --fingerprint 0123456789ABCDEF0123456789ABCDEF01234567

            Exit statuses: 3 no such file, 4 no usable key in it, 5 another fingerprint.
            """)

    @Argument(help: "A file with one public key, armored or not.")
    var file: String

    @Option(
        name: .customLong("for"), parsing: .upToNextOption,
        help: ArgumentHelp("What the key may sign: models, engines, releases, trust.", valueName: "purpose"))
    var purposes: [KeyPurpose] = [.models]

    @Option(
        help: ArgumentHelp("The fingerprint that the key has to have; asks nothing then.", valueName: "fingerprint"))
    var fingerprint: String?

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let store = try Host(context).store()
        let bytes = try readKey()
        let info = try TrustStore.inspect(bytes)
        if !output.json, !output.quiet || fingerprint == nil { try context.errorOutput.text(KeyCard.text(info)) }
        if fingerprint == nil {
            let question = "Trust this key for \(purposes.map(\.rawValue).joined(separator: ", "))?"
            guard try context.terminal.confirm(question, usingInput: true, remedy: "--fingerprint \(info.fingerprint)")
            else { throw CLIError.declined }
        }
        let event = AuditEvent(
            "trust.add",
            details: [
                "fingerprint": .string(info.fingerprint), "purposes": .array(purposes.map { .string($0.rawValue) }),
            ])
        let added = try store.changeKeyRing(event) { ring in
            try ring.add(
                bytes, purposes: Set(purposes), expectedFingerprint: fingerprint ?? info.fingerprint,
                by: StoreContext.current(program: BaigoRelease.product).user, at: .now)
        }
        if output.json {
            try context.output.result([
                "key": KeyCard.json(added.key, added.info), "alreadyTrusted": .bool(added.wasKnown),
            ])
        } else {
            try context.output.line("\(added.key.fingerprint): \(added.wasKnown ? "refreshed" : "trusted")")
        }
    }

    private func readKey() throws -> [UInt8] {
        let limit = 1 << 20
        let bytes = try OwnedDescriptor.open(reading: FilePath(file)).bytes(at: 0, count: limit + 1)
        guard bytes.count <= limit else {
            throw BundleError(
                .keyMalformed, "\(file.escapedForOneLine) is larger than \(ByteCount(limit)); a key is not")
        }
        return bytes
    }
}
