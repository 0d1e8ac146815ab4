// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo trust policy set`: changes the policy of the store.
struct PolicySet: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change the policy of the store: take a file, or set one value.",
        discussion: """
            Writes policy.toml in the home, with its digest before and after in the audit log. Setting one value writes \
            the file anew, without its comments. Only this lifts the requirement of signatures that the first trusted \
            key brought, with signature.required = never.

              baigo trust policy set ./policy.toml
              baigo trust policy set signature.required always
              baigo trust policy set license.allow '["Apache-2.0", "MIT"]'

            Exit statuses: 3 no such file, 4 the result is no policy, 7 the home cannot be written.
            """)

    @Argument(help: "A policy file, or the key of a value: signature.required.")
    var fileOrKey: String

    @Argument(help: "The value in TOML; a text may stand without its quotation marks.")
    var value: String?

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let store = try Host(context).store()
        let installed: PolicyInstallation
        if let value {
            installed = try store.changePolicy { bytes throws(PolicyError) in
                try PolicyDocument.setting(fileOrKey, to: value, in: bytes)
            }
        } else {
            installed = try store.installPolicy(try PolicyText.read(fileOrKey))
        }
        if output.json {
            try context.output.result([
                "old": .text(installed.old?.description), "new": .string(installed.new.description),
                "releasesSignature": .bool(installed.isReleasing),
            ])
        } else if !output.quiet {
            try context.output.line("policy: \(installed.new)")
            if installed.isReleasing {
                try context.errorOutput.line("warning: signatures are not required any more")
            }
        }
    }
}
