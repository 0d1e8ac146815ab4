// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import TestSupport
import Testing

/// `baigo bench` with the built worker.
struct BenchTests {
    @Test func measuresAndReports() throws {
        let site = try Site()
        let result = try site.baigo(
            "bench", Site.model, "--prompt", "32", "--generate", "8", "--repetitions", "2", "--json")
        expect(result, endsWith: .done)
        let value = try result.json
        #expect(value["prompt"]?["tokens"] == 32)
        #expect(value["generation"]?["tokens"] == 8)
        #expect(value["repetitions"] == 2)
        let numbers = [
            value["prompt"]?["tokensPerSecond"]?["mean"], value["generation"]?["tokensPerSecond"]?["mean"],
            value["firstTokenMilliseconds"]?["mean"], value["tokenMilliseconds"]?["p50"],
            value["tokenMilliseconds"]?["p95"],
        ]
        for number in numbers {
            guard case .decimal(let text) = number else {
                Issue.record("\(result)")
                continue
            }
            #expect((Double(text) ?? 0) > 0)
        }
        #expect((value["peakMemoryBytes"]?.integer ?? 0) > 1 << 20)
        #expect(value["sensors"]?.array != nil)
    }

    @Test func showsATable() throws {
        let site = try Site()
        let table = try site.baigo("bench", Site.model, "--prompt", "8", "--generate", "2", "--repetitions", "1")
        expect(table, endsWith: .done)
        for word in ["prompt", "generation", "first token", "p95", "peak memory"] {
            #expect(table.text.contains(word))
        }
    }

    @Test(arguments: [
        ["--generate", "0"], ["--prompt", "0"], ["--repetitions", "0"], ["--threads", "0"], ["--prompt", "x"],
    ])
    func wrongNumbersAreUsageErrors(options: [String]) throws {
        expect(try Site().baigo(["bench", Site.model] + options), endsWith: .usage)
    }

    @Test func aModelThatIsNoTextModelIsSaidSo() throws {
        let site = try Site()
        expect(try site.baigo("bench", "nobody/nothing"), endsWith: .notFound)
    }
}
