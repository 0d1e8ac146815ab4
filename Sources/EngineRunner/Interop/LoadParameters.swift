// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import CLlamaChat
internal import EngineWire

/// The engine's parameters of a load, and the memory that they point to.
final class LoadParameters {
    /// As the engine takes them; valid while this object lives.
    private(set) var raw = llama_model_default_params()

    private let devices: UnsafeMutableBufferPointer<ggml_backend_dev_t?>
    private let split: UnsafeMutableBufferPointer<Float>
    private let overrides: UnsafeMutableBufferPointer<llama_model_tensor_buft_override>

    /// Translates what was asked for.
    ///
    /// - Parameter request: The load.
    /// - Throws: `EngineError`, code `invalidRequest`, for devices that are not there.
    init(_ request: LoadRequest) throws(EngineError) {
        let placement = request.placement
        let chosen = try Self.chosen(placement, Backends.devices)
        devices = .allocate(capacity: (chosen?.count ?? 0) + 1)
        devices.initialize(repeating: nil)
        split = .allocate(capacity: llama_max_devices())
        split.initialize(repeating: 0)
        overrides = .allocate(capacity: llama_max_tensor_buft_overrides())
        overrides.initialize(repeating: llama_model_tensor_buft_override())
        raw.vocab_only = request.purpose == .vocabulary
        if let chosen {
            for (place, name) in chosen.enumerated() { devices[place] = ggml_backend_dev_by_name(name) }
            raw.devices = devices.baseAddress
        }
        if let layers = placement.gpuLayers { raw.n_gpu_layers = Int32(clamping: layers) }
        if let mode = placement.splitMode { raw.split_mode = mode.raw }
        if let number = placement.mainGPU { raw.main_gpu = Int32(clamping: number) }
        switch (placement.mapsFiles, placement.locksMemory ?? false) {
        case (nil, false): break
        case (nil, true), (true, true): raw.load_mode = LLAMA_LOAD_MODE_MMAP_MLOCK
        case (true, false): raw.load_mode = LLAMA_LOAD_MODE_MMAP
        case (false, true): raw.load_mode = LLAMA_LOAD_MODE_MLOCK
        case (false, false): raw.load_mode = LLAMA_LOAD_MODE_NONE
        }
    }

    deinit {
        devices.deallocate()
        split.deallocate()
        overrides.deallocate()
    }

    /// Chooses the layers that go to graphics cards, where nobody said how many.
    ///
    /// - Parameters:
    ///   - path: The model's first file.
    ///   - context: The context it is to have.
    func chooseLayers(of path: String, for context: llama_context_params) {
        var (model, context) = (raw, context)
        guard baigo_fit_layers(path, &model, &context, split.baseAddress, overrides.baseAddress) else { return }
        raw = model
    }

    /// The names of the devices that were asked for; `nil` for all.
    private static func chosen(
        _ placement: Placement, _ known: [EngineDevice]
    ) throws(EngineError) -> [String]? {
        let cards = known.filter { $0.kind == .gpu || $0.kind == .integratedGPU }
        for name in placement.devices ?? [] where !cards.contains(where: { $0.name == name }) {
            throw EngineError(
                .invalidRequest, "there is no device \(name) to compute on",
                hint: cards.isEmpty
                    ? onProcessorsAlone
                    : "There are \(cards.map(\.name).joined(separator: ", ")), and none for no card.")
        }
        // llama.cpp leaves integrated cards alone where there are others.
        let others = cards.filter { $0.kind == .gpu }
        let used = placement.devices ?? (others.isEmpty ? cards : others).map(\.name)
        if let layers = placement.gpuLayers, layers != 0, used.isEmpty {
            throw EngineError(
                .invalidRequest, "layers cannot go to a graphics card: this engine computes on the processors alone",
                hint: cards.isEmpty ? onProcessorsAlone : "Leave out --device none.")
        }
        if let number = placement.mainGPU, !used.indices.contains(number) {
            throw EngineError(
                .invalidRequest, "there is no graphics card number \(number)",
                hint: used.isEmpty ? onProcessorsAlone : "They have the numbers 0 to \(used.count - 1).")
        }
        if placement.splitMode == .row, let name = used.first(where: { !canSplitRows($0) }) {
            throw EngineError(
                .invalidRequest, "\(name) cannot take rows of layers", hint: "Choose another --split-mode.")
        }
        return placement.devices
    }

    /// Whether the backend of a device has memory for tensors that are split by rows.
    private static func canSplitRows(_ name: String) -> Bool {
        let registry = ggml_backend_dev_by_name(name).flatMap { ggml_backend_dev_backend_reg($0) }
        return registry.flatMap { ggml_backend_reg_get_proc_address($0, "ggml_backend_split_buffer_type") } != nil
    }

    private static let onProcessorsAlone =
        "Leave the option out, or use an engine with a backend for the graphics card of this host."
}

extension Placement.SplitMode {
    fileprivate var raw: llama_split_mode {
        switch self {
        case .none: LLAMA_SPLIT_MODE_NONE
        case .layer: LLAMA_SPLIT_MODE_LAYER
        case .row: LLAMA_SPLIT_MODE_ROW
        case .tensor: LLAMA_SPLIT_MODE_TENSOR
        }
    }
}

extension Placement.CacheType {
    /// The engine's type.
    var raw: ggml_type {
        switch self {
        case .f32: GGML_TYPE_F32
        case .f16: GGML_TYPE_F16
        case .bf16: GGML_TYPE_BF16
        case .q8_0: GGML_TYPE_Q8_0
        case .q4_0: GGML_TYPE_Q4_0
        case .q4_1: GGML_TYPE_Q4_1
        case .iq4_nl: GGML_TYPE_IQ4_NL
        case .q5_0: GGML_TYPE_Q5_0
        case .q5_1: GGML_TYPE_Q5_1
        }
    }
}

extension Placement.NUMAStrategy {
    /// The engine's strategy.
    var raw: ggml_numa_strategy {
        switch self {
        case .distribute: GGML_NUMA_STRATEGY_DISTRIBUTE
        case .isolate: GGML_NUMA_STRATEGY_ISOLATE
        case .numactl: GGML_NUMA_STRATEGY_NUMACTL
        }
    }
}
