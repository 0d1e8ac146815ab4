// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import EngineWire
internal import ModelStore

/// `baigo doctor`: what this host has.
struct HostDoctor: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Show versions, engine, devices, store and keys of this host.",
        discussion: """
            What is missing or wrong is named; the exit status is 0 even so, since nothing was asked to work.

              baigo doctor --json
            """)

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let examination = try Examination(context)
        if output.json {
            try context.output.result(examination.json)
        } else {
            try context.output.text(examination.text)
        }
    }
}
