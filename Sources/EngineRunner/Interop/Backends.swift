// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire
internal import Glibc

/// The ggml backends of this process.
enum Backends {
    /// Loads the backends that lie beside libllama, or in the `bin` folder next to it.
    ///
    /// - Returns: The folder that libllama was loaded from.
    /// - Throws: `EngineError`, code `noBackend`.
    static func load() throws(EngineError) -> String {
        guard let folder = libraryFolder else {
            throw EngineError(.noBackend, "the folder of libllama cannot be found")
        }
        let candidates = candidates(beside: folder)
        if let backends = candidates.first(where: hasCPUBackend) {
            ggml_backend_load_all_from_path(backends)
        }
        llama_backend_init()
        guard ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) != nil else {
            throw EngineError(
                .noBackend, "no ggml CPU backend for this host in \(candidates.joined(separator: " or "))",
                hint: "Run scripts/bootstrap again, or install a complete engine.")
        }
        return folder
    }

    /// Whether any of those backends is for graphics cards.
    static var areForCards: Bool {
        guard let backends = libraryFolder.map(candidates)?.first(where: hasCPUBackend) else { return false }
        return files(in: backends).contains { name in
            !["libggml-cpu", "libggml-blas"].contains { name.hasPrefix($0) }
        }
    }

    /// What computes, in the order of the engine.
    static var devices: [EngineDevice] {
        (0..<ggml_backend_dev_count()).compactMap { ggml_backend_dev_get($0) }.map { device in
            var free = 0
            var total = 0
            ggml_backend_dev_memory(device, &free, &total)
            let registry = ggml_backend_dev_backend_reg(device)
            return EngineDevice(
                backend: text(ggml_backend_reg_name(registry)), name: text(ggml_backend_dev_name(device)),
                hardware: text(ggml_backend_dev_description(device)), kind: kind(of: device),
                freeBytes: UInt64(free), totalBytes: UInt64(total), library: registry.flatMap(library(of:)))
        }
    }

    /// The file name of the CPU backend, and the instruction sets it uses.
    static var cpu: (library: String?, features: [String]) {
        guard let device = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU),
            let registry = ggml_backend_dev_backend_reg(device)
        else { return (nil, []) }
        return (library(of: registry), features(of: registry))
    }

    /// The folder that libllama was loaded from.
    private static var libraryFolder: String? {
        let known = unsafeBitCast(llama_backend_init as @convention(c) () -> Void, to: UnsafeRawPointer.self)
        guard let library = MappedFiles.file(at: known), let slash = library.lastIndex(of: "/") else { return nil }
        return String(library[..<slash])
    }

    /// Where backends may be; one folder alone counts: the same backend from two folders would be two devices.
    private static func candidates(beside folder: String) -> [String] { [folder, folder + "/../bin"] }

    private static func hasCPUBackend(in folder: String) -> Bool {
        files(in: folder).contains { $0.hasPrefix("libggml-cpu") }
    }

    /// The names of the libraries in a folder that are backends.
    private static func files(in folder: String) -> [String] {
        guard let entries = opendir(folder) else { return [] }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix("libggml-"), name.hasSuffix(".so"), !name.hasPrefix("libggml-base") { names.append(name) }
        }
        return names
    }

    private static func features(of registry: ggml_backend_reg_t) -> [String] {
        guard let address = ggml_backend_reg_get_proc_address(registry, "ggml_backend_get_features") else { return [] }
        typealias GetFeatures = @convention(c) (ggml_backend_reg_t?) -> UnsafeMutablePointer<ggml_backend_feature>?
        guard var feature = unsafeBitCast(address, to: GetFeatures.self)(registry) else { return [] }
        var names: [String] = []
        while let name = feature.pointee.name {
            names.append(String(cString: name))
            feature += 1
        }
        return names
    }

    private static func library(of registry: ggml_backend_reg_t) -> String? {
        let names = ["ggml_backend_get_features", "ggml_backend_set_n_threads", "ggml_backend_split_buffer_type"]
        let function = names.lazy.compactMap { ggml_backend_reg_get_proc_address(registry, $0) }.first
        guard let function, let path = MappedFiles.file(at: function) else { return nil }
        return path.split(separator: "/").last.map(String.init)
    }

    private static func kind(of device: ggml_backend_dev_t) -> EngineDevice.Kind {
        switch baigo_device_type(device) {
        case GGML_BACKEND_DEVICE_TYPE_CPU: .cpu
        case GGML_BACKEND_DEVICE_TYPE_GPU: .gpu
        case GGML_BACKEND_DEVICE_TYPE_IGPU: .integratedGPU
        case GGML_BACKEND_DEVICE_TYPE_ACCEL: .accelerator
        default: .other
        }
    }

    private static func text(_ pointer: UnsafePointer<CChar>?) -> String { pointer.map(String.init(cString:)) ?? "" }
}
