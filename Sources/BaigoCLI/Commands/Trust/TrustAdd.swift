// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

extension KeyPurpose: ExpressibleByArgument {}

/// `baigo trust add`: trusts a key, or takes its revocation.
struct TrustAdd: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Trust a key, or take the revocation of a trusted one.",
        discussion: """
            Shows the key and asks. Compare the fingerprint with its owner by another way than the one the file came. \
            A newer copy of a trusted key, renewed or revoked, is added the same way. A revocation names the stored \
            models that the key signed.

              baigo trust add build.asc
              baigo trust add build.asc --fingerprint 0123456789ABCDEF0123456789ABCDEF01234567
              baigo trust add --revocation build.rev

            Exit statuses: 3 no such file or key, 4 no usable key or certificate in it, 5 another fingerprint.
            """)

    @Argument(help: "A file with one public key, armored or not.")
    var file: String?

    @Option(
        name: .customLong("for"), parsing: .upToNextOption,
        help: ArgumentHelp("What the key may sign: models, engines, releases, trust.", valueName: "purpose"))
    var purposes: [KeyPurpose] = [.models]

    @Option(
        help: ArgumentHelp("The fingerprint that the key has to have; asks nothing then.", valueName: "fingerprint"))
    var fingerprint: String?

    @Option(help: ArgumentHelp("A certificate that revokes a trusted key.", valueName: "file"))
    var revocation: String?

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        if (file == nil) == (revocation == nil) { throw ValidationError("Name a key file, or --revocation FILE.") }
    }

    func run(in context: CommandContext) throws {
        let store = try Host(context).store()
        if let revocation {
            try revoke(try bytes(of: revocation), store, context)
        } else if let file {
            try add(try bytes(of: file), store, context)
        }
    }

    private func add(_ bytes: [UInt8], _ store: ModelStore, _ context: CommandContext) throws {
        let info = try TrustStore.inspect(bytes)
        if !output.json, !output.quiet || fingerprint == nil { try context.errorOutput.text(KeyCard.text(info)) }
        try confirm(
            "Trust this key for \(purposes.map(\.rawValue).joined(separator: ", "))?", info.fingerprint, context)
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
        let effect = try RevocationEffect(of: added.info.isRevoked ? [added.key.fingerprint] : [], in: store)
        let deactivated = try effect.respond(in: store)
        if output.json {
            try context.output.result([
                "key": KeyCard.json(added.key, added.info), "alreadyTrusted": .bool(added.wasKnown),
                "affected": effect.json, "deactivated": .bool(deactivated),
            ])
        } else {
            try context.output.line("\(added.key.fingerprint): \(added.wasKnown ? "refreshed" : "trusted")")
            try effect.show(context.errorOutput, deactivated: deactivated)
        }
    }

    private func revoke(_ bytes: [UInt8], _ store: ModelStore, _ context: CommandContext) throws {
        let found = try store.requiredKeyRing().keyRevoked(by: bytes)
        if let fingerprint, KeySelector.fingerprint(fingerprint) != found.fingerprint {
            throw BundleError(
                .keyFingerprint, "the certificate is for \(found.fingerprint), not \(fingerprint.escapedForOneLine)",
                hint: "Ask the key's owner which key it is.")
        }
        if !output.json, !output.quiet || fingerprint == nil {
            try context.errorOutput.text(KeyCard.text(try TrustStore.inspect(found.armored)))
        }
        try confirm("Is this key revoked?", found.fingerprint, context)
        let effect = try RevocationEffect(of: [found.fingerprint], in: store)
        let event = AuditEvent(
            "trust.revoke", details: ["fingerprint": .string(found.fingerprint), "affected": effect.json])
        let revoked = try store.changeKeyRing(event) { ring in try ring.revoke(bytes) }
        let deactivated = try effect.respond(in: store)
        if output.json {
            try context.output.result([
                "key": KeyCard.json(revoked.key, revoked.info), "alreadyRevoked": .bool(revoked.wasKnown),
                "affected": effect.json, "deactivated": .bool(deactivated),
            ])
        } else {
            try context.output.line("\(revoked.key.fingerprint): revoked")
            try effect.show(context.errorOutput, deactivated: deactivated)
        }
    }

    private func confirm(_ question: String, _ found: String, _ context: CommandContext) throws {
        guard fingerprint == nil else { return }
        guard try context.terminal.confirm(question, usingInput: true, remedy: "--fingerprint \(found)") else {
            throw CLIError.declined
        }
    }

    private func bytes(of path: String) throws -> [UInt8] {
        let limit = 1 << 20
        let bytes = try OwnedDescriptor.open(reading: FilePath(path)).rest(atMost: limit + 1)
        guard bytes.count <= limit else {
            throw BundleError(
                .keyMalformed, "\(path.escapedForOneLine) is larger than \(ByteCount(limit)); a key is not")
        }
        return bytes
    }
}
