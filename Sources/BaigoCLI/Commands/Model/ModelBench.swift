// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineClient
internal import EngineWire

/// `baigo bench`: how fast a model is on this host.
struct ModelBench: BaigoCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast a model is on this host.",
        discussion: """
            A prompt, and tokens generated from an empty context, without a meaning, several times after a round that is \
            not counted, like llama-bench. Tokens a second are a mean and its standard deviation over the repetitions.

              baigo bench qwen2.5-7b-instruct
              baigo bench ./model.gguf --prompt 128 --generate 32 --repetitions 3 --json

            Exit statuses: 3 no such model, 4 damaged model, 6 engine.
            """)

    @Argument(help: "A model of the store (name, name:version) or the path of a GGUF file.")
    var model: String

    @Option(help: ArgumentHelp("Tokens of the prompt.", valueName: "tokens"))
    var prompt = 512

    @Option(help: ArgumentHelp("Tokens to generate.", valueName: "tokens"))
    var generate = 128

    @Option(help: ArgumentHelp("How often.", valueName: "count"))
    var repetitions = 5

    @OptionGroup(title: "Loading") var compute: ComputeOptions
    @OptionGroup(title: "Store") var place: HomeOption
    @OptionGroup(title: "Output") var output: OutputOptions

    func validate() throws {
        guard (1...1_000_000).contains(prompt), (1...1_000_000).contains(generate) else {
            throw ValidationError("--prompt and --generate are numbers from 1 to 1000000.")
        }
        guard (1...1000).contains(repetitions) else { throw ValidationError("--repetitions is from 1 to 1000.") }
    }

    func run(in context: CommandContext) throws {
        let running = try RunningModel.start(
            model, Loading(.text, contextTokens: max(prompt, generate), compute), context)
        defer { running.close() }
        var sensors = SensorLog()
        let measured = try running.session.measure(
            MeasureRequest(promptTokens: prompt, generatedTokens: generate, repetitions: repetitions)
        ) { sensors.sample() }
        sensors.sample()
        let report = BenchReport(measured, promptTokens: prompt, generatedTokens: generate, sensors: sensors.summary)
        if output.json {
            try context.output.result(report.json(running, repetitions: repetitions))
        } else {
            try context.output.text(report.text(running))
        }
    }
}
