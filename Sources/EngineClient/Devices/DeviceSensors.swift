// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import SystemPackage

/// Load and temperature of processors and graphics cards, where the system tells them.
///
/// Sources: Linux, Documentation/hwmon/sysfs-interface.rst and Documentation/gpu/amdgpu/thermal.rst; for NVIDIA the
/// program `nvidia-smi` of the driver.
package struct DeviceSensors: Sendable {
    /// What one device said.
    package struct Reading: Sendable, Equatable {
        /// `CPU`, `GPU0 (NVIDIA H200)`.
        package let device: String
        /// From 0 to 1; `nil` where the system does not tell.
        package let load: Double?
        /// In degrees Celsius; `nil` where the system does not tell.
        package let temperature: Double?
    }

    private static let processorChips: Set<String> = ["coretemp", "k10temp", "zenpower", "cpu_thermal"]
    private let system: FilePath
    private let smi: [FilePath]

    /// Makes a reader.
    ///
    /// - Parameters:
    ///   - system: Where the kernel shows its devices.
    ///   - smi: Where `nvidia-smi` may be.
    package init(
        system: FilePath = "/sys",
        smi: [FilePath] = ["/usr/bin/nvidia-smi", "/usr/local/bin/nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi"]
    ) {
        self.system = system
        self.smi = smi
    }

    /// Asks every device that can be asked.
    ///
    /// - Returns: The devices that told something; empty on most virtual machines.
    package func read() -> [Reading] { processors + radeons + nvidias }

    private var processors: [Reading] {
        let chips = names(in: system.appending("class/hwmon")).map { system.appending("class/hwmon").appending($0) }
        let values = chips.compactMap { chip -> Double? in
            guard let name = text(chip.appending("name")), Self.processorChips.contains(name) else { return nil }
            return number(chip.appending("temp1_input")).map { $0 / 1000 }
        }
        return values.max().map { [Reading(device: "CPU", load: nil, temperature: $0)] } ?? []
    }

    private var radeons: [Reading] {
        let folder = system.appending("class/drm")
        let cards = names(in: folder).filter { $0.hasPrefix("card") && !$0.contains("-") }
        return cards.compactMap { card in
            let device = folder.appending(card).appending("device")
            let monitors = device.appending("hwmon")
            let temperature = names(in: monitors).lazy.compactMap {
                number(monitors.appending($0).appending("temp1_input"))
            }.first
            let load = number(device.appending("gpu_busy_percent"))
            guard load != nil || temperature != nil else { return nil }
            return Reading(device: card, load: load.map { $0 / 100 }, temperature: temperature.map { $0 / 1000 })
        }
    }

    private var nvidias: [Reading] {
        let query = ["--query-gpu=index,name,utilization.gpu,temperature.gpu", "--format=csv,noheader,nounits"]
        for program in smi {
            if let output = ShortProgram.output(of: program, query, within: .seconds(2)) {
                return output.split(separator: "\n").compactMap(Self.nvidia)
            }
        }
        return []
    }

    /// A line such as `0, NVIDIA H200, 35, 41`; what a card does not tell is `[N/A]`.
    private static func nvidia(_ line: Substring) -> Reading? {
        let fields = line.split(separator: ",").map { $0.drop { $0 == " " } }
        guard fields.count >= 4, let index = UInt32(fields[0]) else { return nil }
        let name = fields[1..<(fields.count - 2)].joined(separator: ", ")
        return Reading(
            device: "GPU\(index) (\(name))", load: Double(fields[fields.count - 2]).map { $0 / 100 },
            temperature: Double(fields[fields.count - 1]))
    }

    private func names(in folder: FilePath) -> [String] {
        do { return try Folder.open(folder).names().sorted() } catch { return [] }
    }

    private func text(_ path: FilePath) -> String? {
        do {
            let bytes = try OwnedDescriptor.open(reading: path).nextAvailable(atMost: 4096)
            return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
        } catch {
            return nil
        }
    }

    private func number(_ path: FilePath) -> Double? { text(path).flatMap(Double.init) }
}
