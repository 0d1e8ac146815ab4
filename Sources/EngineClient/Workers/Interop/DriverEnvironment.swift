// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// The environment of programs that load drivers of graphics cards.
enum DriverEnvironment {
    /// The variable by which ggml takes Vulkan devices by their numbers, software renderers too.
    static let vulkanDevices = "GGML_VK_VISIBLE_DEVICES"

    /// Keeps drivers from writing what they have translated below the home folder.
    static let withoutCaches = [
        "AMD_COMGR_CACHE": "0", "CUDA_CACHE_DISABLE": "1", "MESA_SHADER_CACHE_DISABLE": "true",
        "__GL_SHADER_DISK_CACHE": "0",
    ]

    /// By these a person says which devices there are, and how they are driven.
    private static let choices = [
        vulkanDevices, "CUDA_DEVICE_ORDER", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "HSA_OVERRIDE_GFX_VERSION",
        "ROCR_VISIBLE_DEVICES", "VK_DRIVER_FILES", "VK_ICD_FILENAMES",
    ]

    /// The choices that this process was started with: what is proved is what a worker then has.
    static var chosen: [String: String] {
        var variables: [String: String] = [:]
        for name in choices { variables[name] = value(of: name) }
        return variables
    }

    /// Everything that this process was started with, and no caches: `NAME=value`.
    static var forWorkers: [String] {
        var variables: [String] = []
        var entry = environ
        while let text = entry.pointee.map({ String(cString: $0) }) {
            if withoutCaches[String(text.prefix { $0 != "=" })] == nil { variables.append(text) }
            entry += 1
        }
        return variables + withoutCaches.map { "\($0.key)=\($0.value)" }.sorted()
    }

    /// The value of a variable; `nil` where it is not set.
    static func value(of name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
