// SPDX-License-Identifier: Apache-2.0

import EngineWire
import Testing

@testable import EngineRunner

struct SamplingValuesTests {
    @Test func startsFromTheDefaultsOfTheEngine() throws {
        let values = try SamplingValues(SamplingOptions(), recommended: { _ in nil }, randomSeed: 5)
        #expect(values.temperature == 0.8)
        #expect(values.topK == 40)
        #expect(values.topP == 0.95)
        #expect(values.minP == 0.05)
        #expect(values.seed == 5)
    }

    @Test func prefersOptionsToTheModelAndTheModelToDefaults() throws {
        let values = try SamplingValues(
            SamplingOptions(temperature: 0, seed: 1),
            recommended: { value in
                switch value {
                case .temperature: "1.5"
                case .topK: "20"
                case .topP: "nan"
                case .minP: "7"
                }
            }, randomSeed: 5)
        #expect(values.temperature == 0)
        #expect(values.topK == 20)
        #expect(values.topP == 0.95, "a recommendation that is no number is ignored")
        #expect(values.minP == 0.05, "a recommendation out of range is ignored")
        #expect(values.seed == 1)
    }

    @Test(arguments: [
        SamplingOptions(temperature: .nan), SamplingOptions(temperature: 101), SamplingOptions(topK: .max),
        SamplingOptions(topP: -0.1), SamplingOptions(minP: 1.1), SamplingOptions(seed: .max),
    ])
    func refusesOptionsOutOfRange(_ options: SamplingOptions) {
        let error = #expect(throws: EngineError.self) {
            _ = try SamplingValues(options, recommended: { _ in nil }, randomSeed: 0)
        }
        #expect(error?.code == .invalidRequest)
    }
}
