// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore
internal import SystemPackage

/// `baigo trust update`: takes a trust bundle in.
struct TrustTakeUpdate: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Take keys, revocations and policy from a trust bundle, in one step.",
        discussion: """
            The bundle has to be signed by a key that is trusted for trust (baigo trust add KEY.asc --for trust), and \
            its serial number must be greater than that of the last one. Its keys are all that come from bundles: one \
            that an earlier bundle brought and this one lacks is trusted no longer. Keys that were added by hand stay.

              baigo trust update /media/stick/site.baitrust

            Exit statuses: 3 no such file, 4 damaged, 5 signature, 7 the store cannot be written, 9 an older bundle.
            """)

    @Argument(help: "A file that baigo trust bundle wrote.")
    var file: String

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let store = try Host(context).store()
        _ = try store.requiredKeyRing()
        try BuildClock.check()
        let bundle: TrustBundle
        let update: TrustUpdate
        do {
            bundle = try TrustBundle(reading: FilePath(file))
            update = try store.updateTrust(bundle, wait: .seconds(10))
        } catch let error as any PresentableError {
            if error.isRefusal {
                let event = AuditEvent("trust.update", details: ["from": .string(file.escapedForOneLine)])
                if let fault = try store.noteRefusal(event, error: error) {
                    try? context.errorOutput.warnings([fault])
                }
            }
            throw error
        }
        let effect = try RevocationEffect(of: Set(update.revocations), in: store)
        let deactivated = try effect.respond(in: store)
        guard !output.json else {
            return try context.output.result([
                "added": .array(update.added.map(JSONValue.string)),
                "removed": .array(update.removed.map(JSONValue.string)),
                "revoked": .array(update.revoked.map(JSONValue.string)), "affected": effect.json,
                "deactivated": .bool(deactivated), "alreadyPresent": .bool(update.isPresent),
                "policy": .bool(bundle.policy != nil), "serial": .integer(bundle.serial),
            ])
        }
        for key in update.added { try context.output.line("\(key): trusted") }
        for key in update.removed { try context.output.line("\(key): trusted no longer") }
        for key in update.revoked { try context.output.line("\(key): revoked") }
        try effect.show(context.errorOutput, deactivated: deactivated)
        guard !update.isPresent else { return try context.output.line("serial \(bundle.serial): already present") }
        try context.output.line(
            "serial \(bundle.serial): taken in\(bundle.policy == nil ? "" : ", with its policy")")
    }
}
