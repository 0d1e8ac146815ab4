// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import EngineWire

/// How the next token is chosen; what is not given is the model's recommendation, else llama.cpp's default.
struct SamplingArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Tokens of the answer at the most (default: until the model ends or the context is full).",
            valueName: "tokens"))
    var maxTokens: Int?

    @Option(help: ArgumentHelp("End the answer at this text, which is not part of it; repeatable.", valueName: "text"))
    var stop: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Randomness; 0 takes the likeliest token that the other samplers leave, unless the temperature follows the \
            entropy or is not among --samplers (default: the model's, else 0.8).
            """, valueName: "number"))
    var temperature: Double?

    @Option(
        help: ArgumentHelp(
            "Choose among the likeliest tokens that together have this probability (default: the model's, else 0.95).",
            valueName: "number"))
    var topP: Double?

    @Option(
        help: ArgumentHelp(
            "Choose among this many likeliest tokens; 0 for all (default: the model's, else 40).", valueName: "count"))
    var topK: Int?

    @Option(
        help: ArgumentHelp(
            "Leave out tokens below this share of the likeliest one's probability (default: the model's, else 0.05).",
            valueName: "number"))
    var minP: Double?

    @Option(help: ArgumentHelp("Seed of the random choice (default: a new one each time).", valueName: "number"))
    var seed: UInt32?

    func validate() throws {
        if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens is at least 1.") }
        if let temperature, !temperature.isFinite || temperature < 0 {
            throw ValidationError("--temperature is 0 or more.")
        }
        if let topP, !(0...1).contains(topP) { throw ValidationError("--top-p is between 0 and 1.") }
        if let topK, !(0...Int(Int32.max)).contains(topK) { throw ValidationError("--top-k is 0 or more.") }
        if let minP, !(0...1).contains(minP) { throw ValidationError("--min-p is between 0 and 1.") }
    }

    /// The options, those of the other group included.
    func options(with rarer: RareSamplingArguments) throws -> SamplingOptions {
        var options = SamplingOptions(
            maxTokens: maxTokens, temperature: temperature, topK: topK, topP: topP, minP: minP, seed: seed)
        try rarer.add(to: &options)
        return options
    }
}
