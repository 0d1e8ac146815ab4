// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineWire

/// The samplers that are off unless somebody asks for them.
///
/// The engine checks the ranges.
struct RareSamplingArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Choose among tokens that are typical to this probability; 1 is off (default: 1).", valueName: "number"))
    var typicalP: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Leave out tokens further than this many standard deviations from the likeliest one; -1 is off (default: -1).",
            valueName: "number"))
    var topNSigma: Double?

    @Option(
        help: ArgumentHelp(
            "How often the likeliest tokens but one are left out (default: the model's, else 0).", valueName: "number"))
    var xtcProbability: Double?

    @Option(
        help: ArgumentHelp(
            "From which probability on tokens count there (default: the model's, else 0.1).", valueName: "number"))
    var xtcThreshold: Double?

    @Option(
        help: ArgumentHelp(
            "How far the temperature follows the entropy, up and down (default: 0).", valueName: "number"))
    var dynamicTemperatureRange: Double?

    @Option(help: ArgumentHelp("How it follows (default: 1).", valueName: "number"))
    var dynamicTemperatureExponent: Double?

    @Option(
        help: ArgumentHelp(
            "What tokens that occurred are divided by; 1 is off (default: the model's, else 1).", valueName: "number"))
    var repeatPenalty: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many tokens back the three penalties look; -1 for all (default: the model's, else 64).",
            valueName: "count"))
    var repeatLastN: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Subtracted for each time a token occurred (default: 0).", valueName: "number"))
    var frequencyPenalty: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Subtracted when a token occurred (default: 0).", valueName: "number"))
    var presencePenalty: Double?

    @Option(
        help: ArgumentHelp(
            "Strength of the penalty on repeated sequences, DRY; 0 is off (default: 0).", valueName: "number"))
    var dryMultiplier: Double?

    @Option(help: ArgumentHelp("How it grows with the length of the sequence (default: 1.75).", valueName: "number"))
    var dryBase: Double?

    @Option(help: ArgumentHelp("Tokens that may be repeated without it (default: 2).", valueName: "count"))
    var dryAllowedLength: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many tokens back it looks; -1 for all (default: 64).", valueName: "count"))
    var dryLastN: Int?

    @Option(
        help: ArgumentHelp(
            "Use Mirostat 1 or 2 in place of the other samplers; 0 is off (default: the model's, else 0).",
            valueName: "version"))
    var mirostat: Int?

    @Option(
        help: ArgumentHelp("The entropy that Mirostat aims at (default: the model's, else 5).", valueName: "number"))
    var mirostatTau: Double?

    @Option(help: ArgumentHelp("How fast Mirostat learns (default: the model's, else 0.1).", valueName: "number"))
    var mirostatEta: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The probability that the sampler adaptive_p aims at; -1 is off (default: -1).", valueName: "number"))
    var adaptiveTarget: Double?

    @Option(help: ArgumentHelp("How slowly it forgets, up to 0.99 (default: 0.9).", valueName: "number"))
    var adaptiveDecay: Double?

    @Option(
        help: ArgumentHelp(
            "Text that repeated sequences do not reach over; repeatable (default: line feed, colon, quote, asterisk).",
            valueName: "text"))
    var dryBreaker: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            The samplers in their order, with commas (default: the model's, else \
            penalties,dry,top_n_sigma,top_k,typ_p,top_p,min_p,xtc,temperature); infill and adaptive_p exist, too.
            """, valueName: "names"))
    var samplers: String?

    @Option(
        help: ArgumentHelp(
            "Add to the logit of a token, by its number (see baigo tokenize); \"false\" never takes it; repeatable.",
            valueName: "token=number"))
    var logitBias: [String] = []

    @Flag(help: "Never choose a token that ends the answer.")
    var ignoreEnd = false

    func validate() throws {
        let numbers = [
            ("typical-p", typicalP), ("top-n-sigma", topNSigma), ("xtc-probability", xtcProbability),
            ("xtc-threshold", xtcThreshold), ("dynamic-temperature-range", dynamicTemperatureRange),
            ("dynamic-temperature-exponent", dynamicTemperatureExponent), ("repeat-penalty", repeatPenalty),
            ("frequency-penalty", frequencyPenalty), ("presence-penalty", presencePenalty),
            ("dry-multiplier", dryMultiplier), ("dry-base", dryBase), ("mirostat-tau", mirostatTau),
            ("mirostat-eta", mirostatEta), ("adaptive-target", adaptiveTarget), ("adaptive-decay", adaptiveDecay),
        ]
        for (name, number) in numbers where number?.isFinite == false {
            throw ValidationError("--\(name) is a finite number.")
        }
    }

    /// Sets the options that were given.
    ///
    /// - Throws: `CLIError` for a bias that cannot be read.
    func add(to options: inout SamplingOptions) throws {
        options.typicalP = typicalP
        options.topNSigma = topNSigma
        options.xtcProbability = xtcProbability
        options.xtcThreshold = xtcThreshold
        options.dynamicRange = dynamicTemperatureRange
        options.dynamicExponent = dynamicTemperatureExponent
        options.repeatPenalty = repeatPenalty
        options.repeatLastN = repeatLastN
        options.frequencyPenalty = frequencyPenalty
        options.presencePenalty = presencePenalty
        options.dryMultiplier = dryMultiplier
        options.dryBase = dryBase
        options.dryAllowedLength = dryAllowedLength
        options.dryLastN = dryLastN
        options.mirostat = mirostat
        options.mirostatTau = mirostatTau
        options.mirostatEta = mirostatEta
        options.adaptiveTarget = adaptiveTarget
        options.adaptiveDecay = adaptiveDecay
        if !dryBreaker.isEmpty { options.dryBreakers = dryBreaker }
        if let samplers {
            options.samplers = samplers.split { $0 == "," || $0 == ";" }.map(String.init)
        }
        if !logitBias.isEmpty { options.logitBias = try logitBias.map(Self.bias(_:)) }
        if ignoreEnd { options.ignoresEnd = true }
    }

    private static func bias(_ text: String) throws -> LogitBias {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, let token = Int32(parts[0]), token >= 0 else { throw unreadable(text) }
        if parts[1] == "false" { return LogitBias(token: token, bias: nil) }
        guard let bias = Double(parts[1]), Float(bias).isFinite else { throw unreadable(text) }
        return LogitBias(token: token, bias: bias)
    }

    private static func unreadable(_ text: String) -> CLIError {
        CLIError(
            .usage, "--logit-bias \(text.escapedForOneLine) is not TOKEN=NUMBER or TOKEN=false",
            hint: "baigo tokenize shows the numbers of tokens.")
    }
}
