// SPDX-License-Identifier: Apache-2.0

internal import EngineWire

/// Sampling options with every value decided and in its range.
struct SamplingValues: Equatable {
    var temperature: Float
    var topK: Int32
    var topP: Float
    var minP: Float
    var seed: UInt32

    /// Decides every value: the option, else what the model recommends, else llama.cpp's default.
    ///
    /// - Parameters:
    ///   - options: As the client gave them.
    ///   - recommended: The text of a metadata key of the model. What is out of range there is ignored.
    ///   - randomSeed: Used when the options have no seed.
    /// - Throws: `EngineError`, code `invalidRequest`, naming the option that is out of its range.
    init(
        _ options: SamplingOptions, recommended: (Recommendation) -> String?, randomSeed: UInt32
    ) throws(EngineError) {
        func number(
            _ option: Double?, _ name: String, _ key: Recommendation, in range: ClosedRange<Double>,
            default fallback: Double
        ) throws(EngineError) -> Double {
            if let option {
                guard range.contains(option) else {
                    throw EngineError(
                        .invalidRequest,
                        "\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(option)")
                }
                return option
            }
            guard let value = recommended(key).flatMap(Double.init), range.contains(value) else { return fallback }
            return value
        }
        temperature = Float(
            try number(options.temperature, "the temperature", .temperature, in: 0...100, default: 0.8))
        topK = Int32(
            try number(options.topK.map(Double.init), "top-k", .topK, in: 0...Double(Int32.max), default: 40))
        topP = Float(try number(options.topP, "top-p", .topP, in: 0...1, default: 0.95))
        minP = Float(try number(options.minP, "min-p", .minP, in: 0...1, default: 0.05))
        guard options.seed != .max else {
            throw EngineError(.invalidRequest, "the seed must be below \(UInt32.max), which means a random one")
        }
        seed = options.seed ?? randomSeed
    }

    /// A value that a model's metadata may recommend.
    enum Recommendation {
        case temperature, topK, topP, minP
    }
}
