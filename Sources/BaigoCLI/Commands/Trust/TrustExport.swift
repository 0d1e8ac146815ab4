// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo trust export`: trusted keys for another host.
struct TrustExport: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write trusted public keys, armored.",
        discussion: """
            Without a name all of them, one block each. Revocations go with their keys.

              baigo trust export build@example.org -o build.asc
              baigo trust export | gpg --show-keys

            Exit statuses: 3 no such key, 64 several fit, or the file exists already.
            """)

    @Argument(help: "Fingerprints, at least their last 8 digits, or e-mail addresses.")
    var keys: [String] = []

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The file to write; standard output without it.", valueName: "file"))
    var target: String?

    @Flag(help: "Replace the file if it exists.")
    var force = false

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let host = try Host(context)
        let ring = try host.store().requiredKeyRing()
        let chosen = keys.isEmpty ? try ring.list() : try keys.map { name in try ring.key(named: name) }
        let armored = chosen.flatMap(\.armored)
        if let target, target != "-" {
            try SmallFile.write(armored, to: target, replacing: force, reading: host.storePlaces)
            try context.reporting(on: target) {
                guard !output.json else {
                    return try context.output.result(["keys": .array(chosen.map(\.json)), "file": .string(target)])
                }
                for key in chosen { try context.output.line("\(target.escapedForOneLine): \(key.fingerprint)") }
            }
        } else if output.json {
            try context.output.result([
                "keys": .array(chosen.map(\.json)), "armored": .string(String(decoding: armored, as: UTF8.self)),
                "file": .null,
            ])
        } else {
            try context.output.write(armored)
        }
    }
}
