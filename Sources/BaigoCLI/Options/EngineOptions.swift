// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import EngineWire

/// How a model is loaded.
struct LoadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Tokens of prompt and answer together (default: the model's, 4096 at the most).", valueName: "tokens"))
    var context: Int?

    @Option(help: ArgumentHelp("Threads that compute (default: one a physical core).", valueName: "count"))
    var threads: Int?

    func validate() throws {
        if let context, !(1...16_777_216).contains(context) {
            throw ValidationError("--context is a number of tokens from 1 to 16777216.")
        }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads is a number from 1 to 1024.")
        }
    }
}

/// How the next token is chosen.
struct SamplingArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Tokens of the answer at the most (default: until the model ends or the context is full).",
            valueName: "tokens"))
    var maxTokens: Int?

    @Option(help: ArgumentHelp("Randomness; 0 always takes the likeliest token.", valueName: "number"))
    var temperature: Double = 0.8

    @Option(
        help: ArgumentHelp(
            "Choose among the likeliest tokens that together have this probability.", valueName: "number"))
    var topP: Double = 0.95

    @Option(help: ArgumentHelp("Choose among this many likeliest tokens; 0 for all.", valueName: "count"))
    var topK: Int = 40

    @Option(
        help: ArgumentHelp("Leave out tokens below this share of the likeliest one's probability.", valueName: "number")
    )
    var minP: Double = 0.05

    @Option(help: ArgumentHelp("Seed of the random choice (default: a new one each time).", valueName: "number"))
    var seed: UInt32?

    func validate() throws {
        if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens is at least 1.") }
        guard temperature.isFinite, temperature >= 0 else { throw ValidationError("--temperature is 0 or more.") }
        guard (0...1).contains(topP) else { throw ValidationError("--top-p is between 0 and 1.") }
        guard topK >= 0, topK <= Int(Int32.max) else { throw ValidationError("--top-k is 0 or more.") }
        guard (0...1).contains(minP) else { throw ValidationError("--min-p is between 0 and 1.") }
    }

    var options: SamplingOptions {
        SamplingOptions(
            maxTokens: maxTokens, temperature: temperature, topK: topK, topP: topP, minP: minP, seed: seed)
    }
}
