// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import BundleKit
import EngineClient
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What a host has, told from files of its kernel and drivers in a folder that stands for the root.
struct HostHardwareTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try put(
            "proc/cpuinfo",
            """
            processor\t: 0
            model name\t: Test CPU @ 2.00GHz
            flags\t\t: fpu sse4_2 avx avx2 fma f16c avx512f amx_tile nonsense

            processor\t: 1
            model name\t: Other
            flags\t\t: fpu
            """)
    }

    private func put(_ path: String, _ text: String = "") throws {
        let url = URL(fileURLWithPath: folder.path.appending(path).string)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private func putCard(_ address: String, vendor: String, device: String, kind: String = "0x030200") throws {
        try put("sys/bus/pci/devices/\(address)/vendor", vendor + "\n")
        try put("sys/bus/pci/devices/\(address)/device", device + "\n")
        try put("sys/bus/pci/devices/\(address)/class", kind + "\n")
    }

    private func putDriver(_ version: String) throws {
        try put(
            "proc/driver/nvidia/version",
            """
            NVRM version: NVIDIA UNIX x86_64 Kernel Module  \(version)  Thu Feb 22 01:44:30 UTC 2024
            GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)
            """)
    }

    private func host(machine: String = "x86_64", library: String? = "2.36") -> HostHardware {
        HostHardware(root: folder.path, machine: machine, libraryVersion: library)
    }

    private func obstacles(_ accelerator: String, os: String = "linux", architecture: String = "x64") -> [String] {
        host().obstacles(to: EngineTarget(os: os, architecture: architecture, accelerator: accelerator))
    }

    @Test func tellsTheProcessor() {
        #expect(host().processor == "Test CPU @ 2.00GHz")
        #expect(host().features == ["amx_tile", "avx", "avx2", "avx512f", "f16c", "fma", "sse4_2"])
        #expect(host().architecture == "x64")
        #expect(host(machine: "aarch64").architecture == "arm64")
        #expect(HostHardware(root: "/nonexistent", machine: "x86_64", libraryVersion: nil).processor == nil)
    }

    @Test func anEngineForTheProcessorFits() {
        #expect(obstacles("cpu").isEmpty)
        #expect(obstacles("cpu", architecture: "arm64") == ["built for arm64 processors; this one is x64"])
        #expect(obstacles("cpu", os: "win32") == ["built for Windows; this host runs Linux"])
        #expect(obstacles("metal", os: "darwin") == ["built for macOS; this host runs Linux"])
        #expect(obstacles("tpu9") == ["built for tpu9, which this version of baigo does not know"])
        let old = host(library: "2.31").obstacles(
            to: EngineTarget(os: "linux", architecture: "x64", accelerator: "cpu"), library: "2.36")
        #expect(old == ["built with the C library 2.36; this host has 2.31"])
    }

    @Test func cudaNeedsADriverThatIsNewEnough() throws {
        #expect(obstacles("cuda12") == ["built for CUDA 12; no NVIDIA driver here"])
        try putCard("0000:01:00.0", vendor: "0x10de", device: "0x2330")
        #expect(host().cards.map(\.name) == ["10de:2330"])
        #expect(obstacles("cuda12") == ["built for CUDA 12; no NVIDIA driver here"])
        try putDriver("550.54.14")
        try put("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA H100\nIRQ: 1\n")
        #expect(host().cards.map(\.name) == ["NVIDIA H100"])
        #expect(host().nvidiaDriver == "550.54.14")
        #expect(
            obstacles("cuda12") == ["built for CUDA 12; the NVIDIA driver is loaded, but libcuda.so.1 is missing"])
        try put("usr/lib/x86_64-linux-gnu/libcuda.so.1")
        #expect(obstacles("cuda12").isEmpty)
        #expect(obstacles("cuda13") == ["built for CUDA 13; the NVIDIA driver 550.54.14 is older than 580"])
        #expect(obstacles("cuda99").first?.contains("does not know") == true)
        try putDriver("580.65.06")
        #expect(obstacles("cuda13").isEmpty)
    }

    @Test func otherCardsNeedTheirDrivers() throws {
        #expect(obstacles("hip") == ["built for ROCm; no AMD card here"])
        try putCard("0000:03:00.0", vendor: "0x1002", device: "0x740c", kind: "0x120000")
        #expect(obstacles("hip") == ["built for ROCm; no AMD compute driver here (/dev/kfd is missing)"])
        try put("dev/kfd")
        #expect(obstacles("hip").isEmpty)
        #expect(obstacles("sycl") == ["built for SYCL; no Intel card here"])
        try putCard("0000:00:02.0", vendor: "0x8086", device: "0x56a0", kind: "0x030000")
        #expect(obstacles("sycl") == ["built for SYCL; no Level Zero loader here (libze_loader.so.1)"])
        try put("usr/lib/libze_loader.so.1")
        #expect(obstacles("sycl").isEmpty)
        try putCard("0000:00:1f.0", vendor: "0x8086", device: "0x1234", kind: "0x060100")
        #expect(host().cards.count == 2)
    }

    @Test func vulkanNeedsADriverForHardware() throws {
        #expect(obstacles("vulkan") == ["built for Vulkan; no Vulkan loader here (libvulkan.so.1)"])
        try put("usr/lib/x86_64-linux-gnu/libvulkan.so.1")
        #expect(obstacles("vulkan") == ["built for Vulkan; no Vulkan driver here"])
        try put("usr/share/vulkan/icd.d/lvp_icd.x86_64.json")
        #expect(
            obstacles("vulkan") == [
                "built for Vulkan; the only driver here computes on the processor (lvp_icd.x86_64.json)"
            ])
        try put("etc/vulkan/icd.d/radeon_icd.x86_64.json")
        #expect(obstacles("vulkan") == ["built for Vulkan; no graphics card here"])
        try putCard("0000:03:00.0", vendor: "0x1002", device: "0x744c", kind: "0x030000")
        #expect(obstacles("vulkan").isEmpty)
        #expect(host().json["vulkan"]?["drivers"]?.array?.count == 2)
    }

    @Test func vulkanDevicesThatAPersonNamedAreTakenAsTheyAre() throws {
        func obstacles(_ named: String?) -> [String] {
            HostHardware(root: folder.path, machine: "x86_64", libraryVersion: nil, namedVulkanDevices: named)
                .obstacles(to: EngineTarget(os: "linux", architecture: "x64", accelerator: "vulkan"))
        }
        try put("usr/lib/x86_64-linux-gnu/libvulkan.so.1")
        #expect(obstacles("0") == ["built for Vulkan; no Vulkan driver here"])
        try put("usr/share/vulkan/icd.d/lvp_icd.x86_64.json")
        #expect(obstacles("0").isEmpty)
        #expect(obstacles("").count == 1)
        #expect(obstacles(nil).count == 1)
    }

    @Test func whatFitsBestIsRanked() {
        let words = ["cpu", "vulkan", "sycl", "hip", "cuda12", "cuda13"]
        let ranks = words.map(HostHardware.rank(of:))
        #expect(ranks == ranks.sorted() && Set(ranks).count == words.count)
    }
}
