// SPDX-License-Identifier: Apache-2.0

/// What a worker is made of and what it can compute on.
package struct EngineDescription: Codable, Sendable, Equatable {
    /// The llama.cpp release that the worker was built for.
    package let linkedVersion: String
    /// The release of the library that was loaded.
    package let loadedVersion: String
    /// The release and commit of the ggml library that was loaded.
    package let ggmlVersion: String
    package let ggmlCommit: String
    /// The folder that the libraries were loaded from.
    package let libraryFolder: String
    /// The file name of the CPU backend that was chosen, such as `libggml-cpu-haswell.so`.
    package let cpuBackend: String?
    /// Instruction sets that the CPU backend uses.
    package let cpuFeatures: [String]
    /// What can compute, in the order of the engine.
    package let devices: [EngineDevice]
    /// Protections that are in force in the worker.
    package let protections: [String]
    /// Protections that the kernel or the host does not allow.
    package let missingProtections: [String]

    /// Makes a description.
    package init(
        linkedVersion: String, loadedVersion: String, ggmlVersion: String, ggmlCommit: String,
        libraryFolder: String, cpuBackend: String?, cpuFeatures: [String], devices: [EngineDevice],
        protections: [String], missingProtections: [String]
    ) {
        self.linkedVersion = linkedVersion
        self.loadedVersion = loadedVersion
        self.ggmlVersion = ggmlVersion
        self.ggmlCommit = ggmlCommit
        self.libraryFolder = libraryFolder
        self.cpuBackend = cpuBackend
        self.cpuFeatures = cpuFeatures
        self.devices = devices
        self.protections = protections
        self.missingProtections = missingProtections
    }
}

/// Something that computes: a CPU or a GPU.
package struct EngineDevice: Codable, Sendable, Equatable {
    /// The kinds that ggml knows.
    package enum Kind: String, Codable, Sendable {
        case cpu, gpu, integratedGPU = "integrated-gpu", accelerator, other
    }

    /// The backend it belongs to: `CPU`, `CUDA`, `Vulkan`.
    package let backend: String
    /// The name within the engine: `CUDA0`.
    package let name: String
    /// The name of the hardware.
    package let hardware: String
    package let kind: Kind
    /// Bytes of memory that are free; 0 where unknown.
    package let freeBytes: UInt64
    /// Bytes of memory in all; 0 where unknown.
    package let totalBytes: UInt64
    /// The file name of the backend's library, where it is one.
    package let library: String?

    /// Makes a device.
    package init(
        backend: String, name: String, hardware: String, kind: Kind, freeBytes: UInt64, totalBytes: UInt64,
        library: String?
    ) {
        self.backend = backend
        self.name = name
        self.hardware = hardware
        self.kind = kind
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
        self.library = library
    }
}
