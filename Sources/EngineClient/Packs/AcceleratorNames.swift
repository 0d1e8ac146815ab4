// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What ggml calls the backend and the devices of something that engines are built for.
struct AcceleratorNames {
    /// The middle of the name of its library: `cuda` of `libggml-cuda.so`.
    let backend: String
    /// What the names of its devices begin with: `CUDA` of `CUDA0`.
    private let devices: String

    /// Finds the names; `nil` for the processor.
    ///
    /// Source: `ggml/src/ggml-*/` of llama.cpp, the functions `get_name` of backends and devices.
    ///
    /// - Parameter accelerator: The word in a pack's target: `cuda12`.
    init?(_ accelerator: String) {
        switch accelerator {
        case "cpu": return nil
        case _ where accelerator.hasPrefix("cuda"): (backend, devices) = ("cuda", "CUDA")
        case "hip": (backend, devices) = ("hip", "ROCm")
        case "sycl": (backend, devices) = ("sycl", "SYCL")
        case "vulkan": (backend, devices) = ("vulkan", "Vulkan")
        case "metal": (backend, devices) = ("metal", "MTL")
        default: (backend, devices) = (accelerator, accelerator)
        }
    }

    /// Whether a device is one of these: `CUDA0`.
    func fit(device name: some StringProtocol) -> Bool {
        let number = name.dropFirst(devices.count)
        return name.hasPrefix(devices) && !number.isEmpty && number.allSatisfy { "0123456789".contains($0) }
    }

    /// Whether the answer to `llama-server --list-devices` names one of these.
    ///
    /// Source: `common/arg.cpp` of llama.cpp: a heading, then a line `NAME: description` for each device.
    func areListed(in output: String) -> Bool {
        let lines = output.split(separator: "\n").map { $0.trimmingPrefix(while: \.isWhitespace) }
        guard let heading = lines.firstIndex(where: { $0.hasPrefix("Available devices:") }) else { return false }
        return lines[heading...].dropFirst().contains { line in
            line.firstIndex(of: ":").map { fit(device: line[..<$0]) } ?? false
        }
    }
}
