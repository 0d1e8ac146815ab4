// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo trust policy show`: what holds, and where it comes from.
struct PolicyShow: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the policy in effect, and which file each value comes from.",
        discussion: "  baigo trust policy show --json\n\nExit statuses: 7 a policy file cannot be used.")

    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let trust = try Trust(Host(context).store())
        let policy = trust.policy
        guard !output.json else {
            return try context.output.result(
                policy.json.merging(["signatureRequired": .bool(trust.requiresSignature)]) { $1 })
        }
        var table = TextTable("KEY", "VALUE", "FROM")
        table.rows = policy.values.map { value in
            [value.key, value.shown, value.from.isEmpty ? "default" : value.from.joined(separator: ", ")]
        }
        try context.output.text(table.text)
        if !output.quiet {
            for part in policy.parts { try context.output.line("\(part.path.escapedForOneLine): \(part.sha256)") }
            let isRequired = trust.requiresSignature ? "required" : "not required"
            try context.output.line("signatures are \(isRequired)")
        }
    }
}

extension Policy {
    /// Digest, files and values.
    var json: [String: JSONValue] {
        [
            "digest": .text(digest?.description),
            "files": .array(
                parts.map { part in
                    [
                        "path": .string(part.path), "place": .string(part.place.rawValue),
                        "sha256": .string(part.sha256.hex),
                    ]
                }),
            "values": .array(
                values.map { value in
                    [
                        "from": .array(value.from.map(JSONValue.string)), "key": .string(value.key),
                        "value": value.value,
                    ]
                }),
        ]
    }
}

extension Policy.Value {
    /// The value as a person reads it.
    var shown: String {
        switch value {
        case .null: "any"
        case .string(let text): text
        case .bool(let truth): truth ? "true" : "false"
        default: String(decoding: value.compactBytes, as: UTF8.self)
        }
    }
}
