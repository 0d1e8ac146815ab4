// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import EngineClient
internal import EngineWire

/// What a measurement says.
struct BenchReport {
    private let promptTokens: Int
    private let generatedTokens: Int
    private let prompt: Spread
    private let generation: Spread
    private let firstToken: Spread
    private let token: Spread
    private let peakMemoryBytes: UInt64
    private let processorLoad: Double
    private let sensors: [SensorLog.Summary]

    init(_ measured: Measurement, promptTokens: Int, generatedTokens: Int, sensors: [SensorLog.Summary]) {
        self.promptTokens = promptTokens
        self.generatedTokens = generatedTokens
        self.sensors = sensors
        prompt = Spread(measured.promptMilliseconds.map { Double(promptTokens) * 1000 / $0 })
        generation = Spread(measured.generationMilliseconds.map { Double(generatedTokens) * 1000 / $0 })
        firstToken = Spread(measured.firstTokenMilliseconds)
        token = Spread(measured.tokenMilliseconds)
        peakMemoryBytes = measured.peakMemoryBytes
        processorLoad = measured.seconds > 0 ? measured.processorSeconds / measured.seconds : 0
    }

    /// The report for a script.
    func json(_ running: RunningModel, repetitions: Int) -> [String: JSONValue] {
        [
            "model": .string(running.name), "description": .string(running.loaded.modelDescription),
            "threads": .number(running.loaded.threads), "repetitions": .number(repetitions),
            "prompt": ["tokens": .number(promptTokens), "tokensPerSecond": prompt.json],
            "generation": ["tokens": .number(generatedTokens), "tokensPerSecond": generation.json],
            "firstTokenMilliseconds": firstToken.json,
            "tokenMilliseconds": ["p50": .rounded(token.percentile(50)), "p95": .rounded(token.percentile(95))],
            "peakMemoryBytes": .number(peakMemoryBytes), "processorLoad": .rounded(processorLoad),
            "sensors": .array(
                sensors.map {
                    [
                        "device": .string($0.device), "load": .rounded($0.meanLoad),
                        "temperature": .rounded($0.highestTemperature),
                    ]
                }),
        ]
    }

    /// The report for a person.
    func text(_ running: RunningModel) -> String {
        var speeds = TextTable("WHAT", "TOKENS", "TOKENS/S", "DEVIATION")
        speeds.rows = [
            ["prompt", "\(promptTokens)", Self.text(prompt.mean), Self.text(prompt.deviation)],
            ["generation", "\(generatedTokens)", Self.text(generation.mean), Self.text(generation.deviation)],
        ]
        var card = TextCard()
        card.add("first token", "\(Self.text(firstToken.mean)) ms (deviation \(Self.text(firstToken.deviation)))")
        card.add("each token", "p50 \(Self.text(token.percentile(50))) ms, p95 \(Self.text(token.percentile(95))) ms")
        card.add("peak memory", ByteCount(peakMemoryBytes).description)
        card.add("processors at work", "\(Self.text(processorLoad)), with \(running.loaded.threads) threads")
        for sensor in sensors {
            let parts = [
                sensor.meanLoad.map { "\(Self.text($0 * 100)) % busy" },
                sensor.highestTemperature.map { "\(Self.text($0)) °C" },
            ]
            card.add(sensor.device, parts.compactMap { $0 }.joined(separator: ", "))
        }
        card.add("model", running.loaded.modelDescription)
        return speeds.text + "\n" + card.text
    }

    private static func text(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}

/// Values of one kind, and how far they spread.
struct Spread {
    private let values: [Double]

    init(_ values: [Double]) {
        self.values = values.filter(\.isFinite).sorted()
    }

    var mean: Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }

    /// The standard deviation of a sample; 0 for one value.
    var deviation: Double {
        guard values.count > 1 else { return 0 }
        let mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return (squares / Double(values.count - 1)).squareRoot()
    }

    /// The least value that so many of a hundred do not exceed; 0 for no values.
    func percentile(_ percent: Int) -> Double {
        guard !values.isEmpty else { return 0 }
        return values[min(values.count - 1, max(0, (values.count * percent + 99) / 100 - 1))]
    }

    var json: JSONValue { ["mean": .rounded(mean), "deviation": .rounded(deviation)] }
}
