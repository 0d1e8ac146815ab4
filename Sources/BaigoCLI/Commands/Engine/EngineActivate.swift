// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineClient
internal import ModelStore

/// `baigo engine activate`: which engine models run on.
struct EngineActivate: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Prove an engine and use it from now on.",
        discussion: """
            Its files are compared with what was imported. Each backend computes in a process of its own, and one that dies \
            or computes wrong is left out. Then its worker, or its llama-server, is started. The engine that was used before \
            stays in use when any of this fails. built-in stands for the engine that came with baigo.

              baigo engine activate baigo-llama-cpp
              baigo engine activate llama-cpp:26.4.20-vulkan
              baigo engine activate built-in

            Exit statuses: 3 no such engine, 4 damaged, 6 it does not work here, 7 the store is held by another, 64 several fit.
            """)

    @Argument(help: "The engine: id, id:version or id:version-build; or built-in.")
    var engine: String

    @OptionGroup(title: "Store") var writing: WritingOptions
    @OptionGroup(title: "Store") var place: StoreOptions
    @OptionGroup(title: "Output") var output: OutputOptions

    func run(in context: CommandContext) throws {
        let store = try Host(context).store()
        let result =
            engine == EngineActivationResult.builtIn
            ? try store.deactivateEngine(wait: writing.duration)
            : try EngineTrialRun(.ofThisHost()).activate(
                EngineReference(engine), in: store, wait: writing.duration)
        try result.report(output, context)
    }
}

extension EngineActivationResult {
    /// Says which engine is active now, and which was.
    func report(_ output: OutputOptions, _ context: CommandContext) throws {
        guard output.json else {
            // Back to the built-in engine from one that nobody can tell, there is nothing to name.
            let before = active == nil ? previous?.reference : previous?.reference ?? Self.builtIn
            let change = "active" + (before.map { ", before: \($0)" } ?? "")
            return try context.output.line(
                "\(active?.reference ?? Self.builtIn): \(isChanged ? change : "already active")")
        }
        try context.output.result([
            "active": active.map { .object($0.json) } ?? .null, "changed": .bool(isChanged),
            "previous": previous.map { .object($0.json) } ?? .null,
        ])
    }
}
