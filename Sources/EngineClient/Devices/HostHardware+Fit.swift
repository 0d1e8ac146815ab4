// SPDX-License-Identifier: Apache-2.0

package import BundleKit

extension HostHardware {
    /// Why an engine that is built for a target cannot run here, a sentence each; none where it fits.
    ///
    /// - Parameters:
    ///   - target: What it is built for.
    ///   - library: The C library that it is known to run with; `nil` where nobody said.
    /// - Returns: The reasons, the weightiest first.
    package func obstacles(to target: EngineTarget, library: String? = nil) -> [String] {
        let platform = platformObstacles(to: target)
        guard platform.isEmpty else { return platform }
        var reasons = acceleratorObstacles(target.accelerator)
        if let library, let here = libraryVersion, Self.isOlder(here, than: library) {
            reasons.append("built with the C library \(library); this host has \(here)")
        }
        return reasons
    }

    /// Why an engine cannot be for this system and processor at all.
    package func platformObstacles(to target: EngineTarget) -> [String] {
        if target.os != os { return ["built for \(Self.name(ofSystem: target.os)); this host runs Linux"] }
        if target.architecture != architecture {
            return ["built for \(target.architecture) processors; this one is \(architecture)"]
        }
        return []
    }

    /// How much an accelerator is worth where it fits; the highest is chosen.
    package static func rank(of accelerator: String) -> Int {
        switch accelerator {
        case _ where accelerator.hasPrefix("cuda"): 1000 + (Int(accelerator.dropFirst(4)) ?? 0)
        case "hip": 900
        case "sycl": 800
        case "vulkan": 700
        case "cpu": 100
        default: 0
        }
    }

    private func acceleratorObstacles(_ accelerator: String) -> [String] {
        switch accelerator {
        case "cpu": []
        case _ where accelerator.hasPrefix("cuda"): cudaObstacles(String(accelerator.dropFirst(4)))
        case "hip":
            hasComputeDriver
                ? [] : ["built for ROCm; " + card(.amd, "no AMD compute driver here (/dev/kfd is missing)")]
        case "sycl":
            cards.contains { $0.maker == .intel } && hasLevelZero
                ? [] : ["built for SYCL; " + card(.intel, "no Level Zero loader here (libze_loader.so.1)")]
        case "vulkan": vulkanObstacles
        case "metal": ["built for Metal, which only macOS has"]
        default: ["built for \(accelerator), which this version of baigo does not know"]
        }
    }

    private func card(_ maker: Card.Maker, _ reason: String) -> String {
        let name = ["nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel"][maker.rawValue] ?? ""
        return cards.contains { $0.maker == maker } ? reason : "no \(name) card here"
    }

    /// The oldest driver for each release of CUDA.
    ///
    /// Source: NVIDIA, "CUDA Compatibility", minor version compatibility.
    private func cudaObstacles(_ release: String) -> [String] {
        let built = "built for CUDA \(release); "
        guard let nvidiaDriver else { return [built + "no NVIDIA driver here"] }
        let oldest = ["11": "450.80", "12": "525.60", "13": "580"]
        guard release.isEmpty || oldest[release] != nil else {
            return [built + "this version of baigo does not know which driver that needs"]
        }
        if let needed = oldest[release], Self.isOlder(nvidiaDriver, than: needed) {
            return [built + "the NVIDIA driver \(nvidiaDriver) is older than \(needed)"]
        }
        guard hasCUDALibrary else { return [built + "the NVIDIA driver is loaded, but libcuda.so.1 is missing"] }
        return []
    }

    private var vulkanObstacles: [String] {
        guard hasVulkanLoader else { return ["built for Vulkan; no Vulkan loader here (libvulkan.so.1)"] }
        guard !vulkanDrivers.isEmpty else { return ["built for Vulkan; no Vulkan driver here"] }
        guard namedVulkanDevices == nil else { return [] }
        guard !hardwareVulkanDrivers.isEmpty else {
            return ["built for Vulkan; the only driver here computes on the processor (\(vulkanDrivers[0]))"]
        }
        return cards.isEmpty ? ["built for Vulkan; no graphics card here"] : []
    }

    private static func name(ofSystem os: String) -> String {
        switch os {
        case "darwin": "macOS"
        case "win32": "Windows"
        default: os
        }
    }

    private static func isOlder(_ version: String, than other: String) -> Bool {
        let parts = { (text: String) in text.split(separator: ".").map { Int($0) ?? 0 } }
        return parts(version).lexicographicallyPrecedes(parts(other))
    }
}
