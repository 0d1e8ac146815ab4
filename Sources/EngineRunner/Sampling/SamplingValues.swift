// SPDX-License-Identifier: Apache-2.0

internal import EngineWire

/// Sampling options with every value decided and in its range.
struct SamplingValues: Equatable {
    var seed: UInt32
    var temperature: Float
    var dynamicRange: Float
    var dynamicExponent: Float
    var topK: Int32
    var topP: Float
    var minP: Float
    var typicalP: Float
    var topNSigma: Float
    var xtcProbability: Float
    var xtcThreshold: Float
    var repeatLastN: Int32
    var repeatPenalty: Float
    var frequencyPenalty: Float
    var presencePenalty: Float
    var dryMultiplier: Float
    var dryBase: Float
    var dryAllowedLength: Int32
    var dryLastN: Int32
    var dryBreakers: [String]
    var mirostat: Int32
    var mirostatTau: Float
    var mirostatEta: Float
    var adaptiveTarget: Float
    var adaptiveDecay: Float
    /// The samplers in their order; empty for llama.cpp's.
    var samplers: [String]
    var logitBias: [LogitBias]
    var ignoresEnd: Bool

    /// Decides every value: the option, else what the model recommends, else llama.cpp's default.
    ///
    /// - Parameters:
    ///   - options: As the client gave them.
    ///   - contextTokens: What a penalty over the whole context looks at.
    ///   - recommended: The text of a metadata key of the model. What is out of range there is ignored.
    ///   - randomSeed: Used when the options have no seed.
    /// - Throws: `EngineError`, code `invalidRequest`, naming the option that is out of its range.
    ///
    /// Source: llama.cpp, common/common.h, common_params_sampling; common/common.cpp, common_init_sampler_from_model.
    init(
        _ options: SamplingOptions, contextTokens: Int, recommended: (Recommendation) -> String?, randomSeed: UInt32
    ) throws(EngineError) {
        func number(
            _ option: Double?, _ name: String, _ key: Recommendation? = nil, in range: ClosedRange<Double>,
            default fallback: Double
        ) throws(EngineError) -> Float {
            if let option {
                guard range.contains(option) else { throw Self.outOfRange(name, range, option) }
                return Float(option)
            }
            guard let value = key.flatMap(recommended).flatMap(Double.init), range.contains(value) else {
                return Float(fallback)
            }
            return Float(value)
        }
        func integer(
            _ option: Int?, _ name: String, _ key: Recommendation? = nil, in range: ClosedRange<Int>,
            default fallback: Int
        ) throws(EngineError) -> Int32 {
            if let option {
                guard range.contains(option) else { throw Self.outOfRange(name, range, option) }
                return Int32(clamping: option)
            }
            guard let value = key.flatMap(recommended).flatMap({ Int($0) }), range.contains(value) else {
                return Int32(clamping: fallback)
            }
            return Int32(clamping: value)
        }
        func lookBack(_ tokens: Int32) -> Int32 { tokens < 0 ? Int32(clamping: contextTokens) : tokens }

        temperature = try number(options.temperature, "the temperature", .temperature, in: 0...100, default: 0.8)
        dynamicRange = try number(options.dynamicRange, "the range of the temperature", in: 0...100, default: 0)
        dynamicExponent = try number(
            options.dynamicExponent, "the exponent of the temperature", in: 0...100, default: 1)
        topK = try integer(options.topK, "top-k", .topK, in: 0...Int(Int32.max), default: 40)
        topP = try number(options.topP, "top-p", .topP, in: 0...1, default: 0.95)
        minP = try number(options.minP, "min-p", .minP, in: 0...1, default: 0.05)
        typicalP = try number(options.typicalP, "typical-p", in: 0...1, default: 1)
        topNSigma = try number(options.topNSigma, "top-n-sigma", in: -1...1000, default: -1)
        xtcProbability = try number(
            options.xtcProbability, "the probability of XTC", .xtcProbability, in: 0...1, default: 0)
        xtcThreshold = try number(options.xtcThreshold, "the threshold of XTC", .xtcThreshold, in: 0...1, default: 0.1)
        let far = -1...(1 << 20)
        repeatLastN = lookBack(
            try integer(options.repeatLastN, "the reach of the penalties", .repeatLastN, in: far, default: 64))
        repeatPenalty = try number(
            options.repeatPenalty, "the repeat penalty", .repeatPenalty, in: 0.01...100, default: 1)
        frequencyPenalty = try number(options.frequencyPenalty, "the frequency penalty", in: -100...100, default: 0)
        presencePenalty = try number(options.presencePenalty, "the presence penalty", in: -100...100, default: 0)
        dryMultiplier = try number(options.dryMultiplier, "the multiplier of DRY", in: 0...100, default: 0)
        dryBase = try number(options.dryBase, "the base of DRY", in: 1...100, default: 1.75)
        dryAllowedLength = try integer(
            options.dryAllowedLength, "the allowed length of DRY", in: 0...(1 << 20), default: 2)
        dryLastN = lookBack(try integer(options.dryLastN, "the reach of DRY", in: far, default: 64))
        dryBreakers = options.dryBreakers ?? ["\n", ":", "\"", "*"]
        mirostat = try integer(options.mirostat, "the version of Mirostat", .mirostat, in: 0...2, default: 0)
        mirostatTau = try number(
            options.mirostatTau, "the entropy of Mirostat", .mirostatTau, in: 0...100, default: 5)
        mirostatEta = try number(
            options.mirostatEta, "the learning rate of Mirostat", .mirostatEta, in: 0...100, default: 0.1)
        adaptiveTarget = try number(options.adaptiveTarget, "the target of adaptive-p", in: -1...1, default: -1)
        adaptiveDecay = try number(options.adaptiveDecay, "the decay of adaptive-p", in: 0...0.99, default: 0.9)
        samplers =
            options.samplers ?? recommended(.samplers).map { $0.split(separator: ";").map(String.init) }
            ?? []
        logitBias = options.logitBias ?? []
        ignoresEnd = options.ignoresEnd ?? false
        guard logitBias.allSatisfy({ Float($0.bias ?? 0).isFinite }) else {
            throw EngineError(.invalidRequest, "a bias of a token is no number, or too large for the engine")
        }
        guard options.seed != .max else {
            throw EngineError(.invalidRequest, "the seed must be below \(UInt32.max), which means a random one")
        }
        seed = options.seed ?? randomSeed
    }

    /// Whether the likeliest token is always chosen, whatever came before.
    ///
    /// Top-k, top-p, min-p and top-n-sigma never leave it out.
    var takesTheLikeliest: Bool {
        temperature == 0 && typicalP == 1 && repeatPenalty == 1 && frequencyPenalty == 0 && presencePenalty == 0
            && dryMultiplier == 0
            && xtcProbability == 0 && dynamicRange == 0 && mirostat == 0 && samplers.isEmpty && logitBias.isEmpty
            && !ignoresEnd
    }

    /// A value that a model's metadata may recommend.
    enum Recommendation {
        case samplers, temperature, topK, topP, minP, xtcProbability, xtcThreshold, repeatLastN, repeatPenalty
        case mirostat, mirostatTau, mirostatEta
    }

    private static func outOfRange<Value>(
        _ name: String, _ range: ClosedRange<Value>, _ value: Value
    ) -> EngineError {
        EngineError(
            .invalidRequest, "\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
}
