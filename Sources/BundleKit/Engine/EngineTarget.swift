// SPDX-License-Identifier: Apache-2.0

/// What an engine pack is built for, in the words of Backend.AI GO's registry.
package struct EngineTarget: Sendable, Hashable {
    /// `linux`, `darwin` or `win32`.
    package let os: String
    /// `x64` or `arm64`.
    package let architecture: String
    /// `cpu`, `cuda12`, `cuda13`, `hip`, `sycl`, `vulkan` or `metal`.
    package let accelerator: String
    /// A kind of machine that file names tell apart: `gb10`.
    package let variant: String?

    /// Makes a target; other words for the same are replaced by the registry's.
    package init(os: String, architecture: String, accelerator: String, variant: String? = nil) {
        self.os = Self.os(os)
        self.architecture = Self.architecture(architecture)
        self.accelerator = Self.accelerator(accelerator)
        self.variant = variant
    }

    /// `linux-x64-cuda13-gb10`.
    package var name: String {
        ([os, architecture, accelerator] + [variant].compactMap(\.self)).joined(separator: "-")
    }

    /// `cuda13-gb10`: what tells packs of one version on one host apart.
    package var build: String { ([accelerator] + [variant].compactMap(\.self)).joined(separator: "-") }

    static func os(_ text: String) -> String {
        switch text.lowercased() {
        case "macos", "osx": "darwin"
        case "windows": "win32"
        case let other: other
        }
    }

    static func architecture(_ text: String) -> String {
        switch text.lowercased() {
        case "x86_64", "amd64": "x64"
        case "aarch64": "arm64"
        case let other: other
        }
    }

    static func accelerator(_ text: String) -> String {
        switch text.lowercased() {
        case "rocm": "hip"
        case let other: other
        }
    }

    /// The word for an accelerator whose version stands apart: `cuda` and `12.0` are `cuda12`.
    static func accelerator(_ text: String, version: String?) -> String {
        let word = accelerator(text)
        guard word == "cuda", let major = version?.split(separator: ".").first else { return word }
        return word + major
    }
}

/// What the name of a pack's file says: `llama-cpp-26.4.20-linux-x64-cuda12.baiengine`.
package struct EngineFileName: Sendable, Hashable {
    package static let ending = ".baiengine"

    package let id: String
    package let version: String
    package let target: EngineTarget

    /// Reads a name without folders; `nil` for one of another form.
    package init?(_ name: String) {
        guard name.hasSuffix(Self.ending) else { return nil }
        let parts = name.dropLast(Self.ending.count).split(separator: "-", omittingEmptySubsequences: false)
            .map(String.init)
        let systems = ["linux", "darwin", "win32", "macos", "windows"]
        guard let place = parts.indices.first(where: { systems.contains(parts[$0]) }), place >= 2,
            place + 1 < parts.count, parts.allSatisfy({ !$0.isEmpty })
        else { return nil }
        let rest = parts[(place + 2)...]
        id = parts[..<(place - 1)].joined(separator: "-")
        version = parts[place - 1]
        target = EngineTarget(
            os: parts[place], architecture: parts[place + 1], accelerator: rest.first ?? "cpu",
            variant: rest.count > 1 ? rest.dropFirst().joined(separator: "-") : nil)
    }
}
