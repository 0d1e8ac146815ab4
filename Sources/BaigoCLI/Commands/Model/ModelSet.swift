// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import BundleKit
internal import ModelStore

/// `baigo set`: load options that are kept for a model.
struct ModelSet: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Keep load options for a model.",
        discussion: """
            run, chat, embed, rerank and bench load every version of the model with these options; what their own command \
            line says is stronger. A key without a value is taken away. Without keys the options are shown. Keys are the \
            names of the options: cache-type, context, device, flash-attention, gpu-layers, main-gpu, memory, memory-limit, \
            mlock, mmap, numa, split-mode, threads.

              baigo set qwen2.5-7b-instruct context=8192 gpu-layers=20 mlock=true
              baigo set qwen2.5-7b-instruct gpu-layers=
              baigo set qwen2.5-7b-instruct

            Exit statuses: 3 no such model, 7 the store is held by another, 64 an unknown key or a value that it does not \
            take.
            """)

    @Argument(help: "The name of a model of the store.")
    var model: String

    @Argument(help: ArgumentHelp("What to keep.", valueName: "key=value"))
    var options: [String] = []

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let reference = try ModelReference(model)
        guard reference.version == nil else {
            throw CLIError(
                .usage, "options are kept for all versions of a model", hint: "Name it as \(reference.name).")
        }
        let changes = try changes()
        let host = try Host(context)
        let result = try host.own(reference) { store in
            try changes.isEmpty
                ? store.options(of: reference.name)
                : store.setOptions(of: reference.name, changes, wait: writing.duration)
        }
        if output.json {
            try context.output.result([
                "model": .string(result.name.description), "options": result.options.json,
                "changed": .bool(result.isChanged),
            ])
        } else {
            for (key, value) in result.options.values.sorted(by: { $0.key < $1.key }) {
                try context.output.line("\(key)=\(value.escapedForOneLine)")
            }
        }
    }

    private func changes() throws -> [String: String?] {
        var changes: [String: String?] = [:]
        for option in options {
            guard let sign = option.firstIndex(of: "=") else {
                throw CLIError(
                    .usage, "“\(option.escapedForOneLine)” is no key=value", hint: "For example: context=8192.")
            }
            let (key, value) = (String(option[..<sign]), String(option[option.index(after: sign)...]))
            guard changes[key] == nil else {
                throw CLIError(.usage, "“\(key.escapedForOneLine)” is there twice", hint: "Give each key once.")
            }
            if value.isEmpty {
                guard KeptOptions.keys.contains(key) else { throw KeptOptions.unknown(key) }
                changes[key] = .some(nil)
            } else {
                _ = try KeptOptions.parse([key: value])
                guard StoredOptions.isStorable(key: key, value: value) else {
                    throw CLIError(.usage, "the value of \(key) is too long or has control characters")
                }
                changes[key] = value
            }
        }
        return changes
    }
}

extension StoredOptions {
    /// Values by their keys.
    var json: JSONValue { .object(values.mapValues(JSONValue.string)) }
}
