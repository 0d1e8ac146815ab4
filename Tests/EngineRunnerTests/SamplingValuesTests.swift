// SPDX-License-Identifier: Apache-2.0

import EngineWire
import Testing

@testable import EngineRunner

struct SamplingValuesTests {
    @Test func startsFromTheDefaultsOfTheEngine() throws {
        let values = try SamplingValues(
            SamplingOptions(), contextTokens: 100, recommended: { _ in nil }, randomSeed: 5)
        #expect(values.temperature == 0.8)
        #expect(values.topK == 40)
        #expect(values.topP == 0.95)
        #expect(values.minP == 0.05)
        #expect(values.seed == 5)
    }

    @Test func prefersOptionsToTheModelAndTheModelToDefaults() throws {
        let values = try SamplingValues(
            SamplingOptions(temperature: 0, seed: 1), contextTokens: 100,
            recommended: { value in
                switch value {
                case .temperature: "1.5"
                case .topK: "20"
                case .topP: "nan"
                case .minP: "7"
                case .samplers: "top_k;temperature"
                case .repeatLastN: "-1"
                case .repeatPenalty: "1.1"
                case .mirostat: "3"
                case .mirostatTau, .mirostatEta, .xtcProbability, .xtcThreshold: nil
                }
            }, randomSeed: 5)
        #expect(values.temperature == 0)
        #expect(values.topK == 20)
        #expect(values.topP == 0.95, "a recommendation that is no number is ignored")
        #expect(values.minP == 0.05, "a recommendation out of range is ignored")
        #expect(values.seed == 1)
        #expect(values.samplers == ["top_k", "temperature"])
        #expect(values.repeatLastN == 100, "-1 is the whole context")
        #expect(values.repeatPenalty == 1.1)
        #expect(values.mirostat == 0, "there is no third version")
        #expect(values.mirostatTau == 5)
    }

    @Test func takesTheLikeliestOnlyWhereNothingElseCounts() throws {
        func takes(_ change: (inout SamplingOptions) -> Void) throws -> Bool {
            var options = SamplingOptions(temperature: 0)
            change(&options)
            return try SamplingValues(options, contextTokens: 8, recommended: { _ in nil }, randomSeed: 0)
                .takesTheLikeliest
        }
        #expect(try takes { _ in })
        #expect(try takes { ($0.topK, $0.topP, $0.minP, $0.topNSigma) = (3, 0.1, 1, 0.1) }, "none drops the likeliest")
        #expect(try !takes { $0.temperature = 0.1 })
        #expect(try !takes { $0.typicalP = 0.2 })
        #expect(try !takes { $0.dynamicRange = 1 })
        #expect(try !takes { $0.samplers = ["top_k"] })
        #expect(try !takes { $0.repeatPenalty = 1.1 })
        #expect(try !takes { $0.dryMultiplier = 0.5 })
        #expect(try !takes { $0.xtcProbability = 0.5 })
        #expect(try !takes { $0.mirostat = 2 })
        #expect(try !takes { $0.logitBias = [LogitBias(token: 1, bias: nil)] })
        #expect(try !takes { $0.ignoresEnd = true })
    }

    @Test(arguments: [
        SamplingOptions(temperature: .nan), SamplingOptions(temperature: 101), SamplingOptions(topK: .max),
        SamplingOptions(topP: -0.1), SamplingOptions(minP: 1.1), SamplingOptions(seed: .max),
    ])
    func refusesOptionsOutOfRange(_ options: SamplingOptions) {
        let error = #expect(throws: EngineError.self) {
            _ = try SamplingValues(options, contextTokens: 100, recommended: { _ in nil }, randomSeed: 0)
        }
        #expect(error?.code == .invalidRequest)
    }
}
