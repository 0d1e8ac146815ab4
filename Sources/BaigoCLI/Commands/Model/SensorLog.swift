// SPDX-License-Identifier: Apache-2.0

internal import EngineClient

/// What the sensors of the host said while something was measured.
struct SensorLog {
    /// All values of one device.
    struct Summary {
        let device: String
        /// From 0 to 1; `nil` where the system does not tell.
        let meanLoad: Double?
        /// In degrees Celsius; `nil` where the system does not tell.
        let highestTemperature: Double?
    }

    private let sensors = DeviceSensors()
    private var readings: [DeviceSensors.Reading] = []
    private var nextSample = ContinuousClock.now

    /// Reads the sensors, at most once a second: asking costs what is measured.
    mutating func sample() {
        guard ContinuousClock.now >= nextSample else { return }
        readings += sensors.read()
        nextSample = .now + .seconds(1)
    }

    /// One line for each device that told something.
    var summary: [Summary] {
        let devices = readings.reduce(into: [String]()) { names, reading in
            if !names.contains(reading.device) { names.append(reading.device) }
        }
        return devices.map { device in
            let own = readings.filter { $0.device == device }
            let loads = own.compactMap(\.load)
            return Summary(
                device: device, meanLoad: loads.isEmpty ? nil : loads.reduce(0, +) / Double(loads.count),
                highestTemperature: own.compactMap(\.temperature).max())
        }
    }
}
