// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import Glibc
package import SystemPackage

/// What a host has to compute on, as far as an engine could use it.
package struct HostHardware: Sendable {
    /// A graphics card or accelerator on the PCI bus.
    package struct Card: Sendable, Equatable {
        /// Whose card it is.
        package enum Maker: String, Sendable { case nvidia, amd, intel, other }

        package let maker: Maker
        /// The name that its driver gives it; else vendor and device number: `10de:2330`.
        package let name: String
        /// Where it is on the bus: `0000:01:00.0`.
        package let address: String
    }

    /// `linux`; baigo runs on nothing else.
    package let os = "linux"
    /// `x64` or `arm64`.
    package let architecture: String
    /// The name of the processor.
    package let processor: String?
    /// The instruction sets that engines ask for, in the words of the kernel.
    package let features: [String]
    package let cards: [Card]
    /// The version of NVIDIA's driver: `550.54.14`; `nil` where it is not loaded.
    package let nvidiaDriver: String?
    /// Whether NVIDIA's `libcuda.so.1` is there.
    package let hasCUDALibrary: Bool
    /// Whether AMD's compute driver is there (`/dev/kfd`).
    package let hasComputeDriver: Bool
    /// Whether the loader of Level Zero is there, which SYCL on Intel needs.
    package let hasLevelZero: Bool
    /// Whether the loader of Vulkan is there.
    package let hasVulkanLoader: Bool
    /// The names of Vulkan's driver files.
    package let vulkanDrivers: [String]
    /// The numbers of Vulkan devices that a person named (`GGML_VK_VISIBLE_DEVICES`), which ggml then takes whatever they
    /// are; `nil` where nobody did.
    package let namedVulkanDevices: String?
    /// The version of the C library: `2.36`.
    package let libraryVersion: String?

    /// Looks at a host.
    ///
    /// - Parameters:
    ///   - root: The folder that stands for `/`.
    ///   - machine: As `uname -m` says.
    ///   - libraryVersion: The version of the C library.
    ///   - namedVulkanDevices: The numbers of Vulkan devices that a person named.
    package init(root: FilePath, machine: String, libraryVersion: String?, namedVulkanDevices: String? = nil) {
        let files = SystemFiles(root: root)
        architecture = machine == "x86_64" ? "x64" : machine == "aarch64" ? "arm64" : machine
        (processor, features) = Self.processor(files.text("proc/cpuinfo") ?? "")
        cards = Self.cards(files)
        nvidiaDriver = files.text("proc/driver/nvidia/version").flatMap(Self.driverVersion)
        hasCUDALibrary = files.hasLibrary("libcuda.so.1")
        hasComputeDriver = files.exists("dev/kfd")
        hasLevelZero = files.hasLibrary("libze_loader.so.1")
        hasVulkanLoader = files.hasLibrary("libvulkan.so.1")
        vulkanDrivers = ["usr/share/vulkan/icd.d", "usr/local/share/vulkan/icd.d", "etc/vulkan/icd.d"]
            .flatMap(files.names).filter { $0.hasSuffix(".json") }.sorted()
        self.namedVulkanDevices = namedVulkanDevices.flatMap { $0.isEmpty ? nil : $0 }
        self.libraryVersion = libraryVersion
    }

    /// The host that this process runs on.
    package static func ofThisHost() -> HostHardware {
        var names = utsname()
        uname(&names)
        let machine = withUnsafeBytes(of: names.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return HostHardware(
            root: "/", machine: machine, libraryVersion: installedLibrary(),
            namedVulkanDevices: DriverEnvironment.value(of: DriverEnvironment.vulkanDevices))
    }

    /// The version of the C library that this process runs with.
    ///
    /// Source: confstr(3), `glibc 2.36`.
    private static func installedLibrary() -> String? {
        var buffer = [CChar](repeating: 0, count: 64)
        guard confstr(Int32(_CS_GNU_LIBC_VERSION), &buffer, buffer.count) > 0 else { return nil }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.split(separator: " ").last.map(String.init)
    }

    /// Vulkan drivers for hardware, not those that compute on the processor.
    var hardwareVulkanDrivers: [String] {
        vulkanDrivers.filter { name in !["lvp_", "swrast", "swiftshader"].contains { name.contains($0) } }
    }

    private static let knownFeatures: Set = [
        "sse3", "ssse3", "sse4_2", "avx", "f16c", "fma", "avx2", "bmi2", "avx_vnni", "avx512f", "avx512bw",
        "avx512_vnni",
        "avx512_vbmi", "avx512_bf16", "amx_tile", "amx_int8", "asimd", "asimddp", "i8mm", "sve", "sve2", "bf16", "sme",
    ]

    private static func processor(_ text: String) -> (name: String?, features: [String]) {
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let key = parts[0].split(whereSeparator: \.isWhitespace).joined(separator: " ")
            values[key] = values[key] ?? parts[1].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        let flags = Set((values["flags"] ?? values["Features"] ?? "").split(separator: " ").map(String.init))
        return (values["model name"], flags.intersection(knownFeatures).sorted())
    }

    private static func cards(_ files: SystemFiles) -> [Card] {
        let bus = "sys/bus/pci/devices"
        return files.names(bus).compactMap { address in
            // Display controllers are class 03, processing accelerators 12.
            guard let kind = files.text("\(bus)/\(address)/class"),
                kind.hasPrefix("0x03") || kind.hasPrefix("0x12"),
                let vendor = files.text("\(bus)/\(address)/vendor"), vendor.hasPrefix("0x")
            else { return nil }
            let device = files.text("\(bus)/\(address)/device") ?? "0x"
            let maker: Card.Maker =
                switch vendor {
                case "0x10de": .nvidia
                case "0x1002": .amd
                case "0x8086": .intel
                default: .other
                }
            let model = files.text("proc/driver/nvidia/gpus/\(address)/information")?.split(separator: "\n")
                .first { $0.hasPrefix("Model:") }
            let name = model.map { $0.dropFirst("Model:".count).drop { $0.isWhitespace } }.map(String.init)
            return Card(maker: maker, name: name ?? "\(vendor.dropFirst(2)):\(device.dropFirst(2))", address: address)
        }
    }

    /// The first word of dotted numbers: `550.54.14`.
    private static func driverVersion(_ text: String) -> String? {
        text.split(whereSeparator: \.isWhitespace).first { word in
            let parts = word.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count >= 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
        }.map(String.init)
    }

    /// What this host has, as `--json` shows it.
    package var json: JSONValue {
        [
            "amd": ["computeDriver": .bool(hasComputeDriver)], "arch": .string(architecture),
            "cards": .array(
                cards.map {
                    [
                        "address": .string($0.address), "maker": .string($0.maker.rawValue),
                        "name": .string($0.name.escapedForOneLine),
                    ]
                }),
            "cpu": [
                "features": .array(features.map(JSONValue.string)), "name": .text(processor?.escapedForOneLine),
            ],
            "glibc": .text(libraryVersion), "intel": ["levelZero": .bool(hasLevelZero)],
            "nvidia": ["driver": .text(nvidiaDriver), "libcuda": .bool(hasCUDALibrary)], "os": .string(os),
            "vulkan": [
                "drivers": .array(vulkanDrivers.map { .string($0.escapedForOneLine) }),
                "loader": .bool(hasVulkanLoader), "named": .text(namedVulkanDevices?.escapedForOneLine),
            ],
        ]
    }
}
