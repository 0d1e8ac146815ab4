// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BaigoCore
internal import EngineWire

/// What computes, and what it may take.
struct ComputeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Threads that compute (default: one a physical core).", valueName: "count"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "Layers in the memory of graphics cards: a number, all, or auto for as many as fit (default: auto).",
            valueName: "count|all|auto"))
    var gpuLayers: LayerCount?

    @Option(
        help: ArgumentHelp(
            "Graphics cards to use, such as CUDA0,CUDA1, or none (default: all; baigo doctor shows them).",
            valueName: "names"))
    var device: DeviceNames?

    @Option(help: "How a model is split over several graphics cards (default: layer).")
    var splitMode: Placement.SplitMode?

    @Option(help: ArgumentHelp("The card that has the whole model where it is not split.", valueName: "number"))
    var mainGpu: Int?

    @Option(help: "Compute attention in one piece (default: auto, where that is possible).")
    var flashAttention: Automatic?

    @Option(help: "What the context is kept in (default: f16).")
    var cacheType: Placement.CacheType?

    @Flag(inversion: .prefixedNo, help: "Hold the weights in memory, never moved out (default: no).")
    var mlock: Bool?

    @Flag(inversion: .prefixedNo, help: "Use the weights where the page cache has them (default: where possible).")
    var mmap: Bool?

    @Option(help: "How threads and memory are laid over the nodes of a large host.")
    var numa: Placement.NUMAStrategy?

    @Option(
        help: ArgumentHelp(
            """
            Memory that weights, context and computing may take, such as 8GiB or 8G, or none for no limit (default: what is \
            free); a model that needs more is not loaded.
            """, valueName: "size|none"))
    var memory: MemoryBudget?

    @OptionGroup var limit: MemoryOption

    func validate() throws {
        if let threads, !(1...512).contains(threads) {
            throw ValidationError("--threads is a number from 1 to 512.")
        }
        if let mainGpu, !(0...255).contains(mainGpu) { throw ValidationError("--main-gpu is a number from 0 to 255.") }
    }

    /// Takes from other options what these do not say.
    mutating func complete(with kept: ComputeOptions) {
        threads = threads ?? kept.threads
        gpuLayers = gpuLayers ?? kept.gpuLayers
        device = device ?? kept.device
        splitMode = splitMode ?? kept.splitMode
        mainGpu = mainGpu ?? kept.mainGpu
        flashAttention = flashAttention ?? kept.flashAttention
        cacheType = cacheType ?? kept.cacheType
        mlock = mlock ?? kept.mlock
        mmap = mmap ?? kept.mmap
        numa = numa ?? kept.numa
        memory = memory ?? kept.memory
        limit.memoryLimit = limit.memoryLimit ?? kept.limit.memoryLimit
    }

    /// What these options ask of the engine.
    ///
    /// - Parameter available: Bytes of memory that are free.
    /// - Returns: Where the model is put.
    func placement(available: UInt64?) -> Placement {
        var placement = Placement()
        placement.gpuLayers = gpuLayers?.count
        placement.devices = device?.names
        placement.splitMode = splitMode
        placement.mainGPU = mainGpu
        placement.flashAttention = flashAttention?.choice
        placement.cacheType = cacheType
        placement.locksMemory = mlock
        placement.mapsFiles = mmap
        placement.numa = numa
        placement.memoryBytes = memory.map(\.bytes) ?? available
        return placement
    }
}

extension Placement.SplitMode: ExpressibleByArgument {}
extension Placement.CacheType: ExpressibleByArgument {}
extension Placement.NUMAStrategy: ExpressibleByArgument {}

/// On, off, or as the engine thinks best.
enum Automatic: String, ExpressibleByArgument, CaseIterable {
    case auto, on, off

    /// `nil` for the engine's choice.
    var choice: Bool? {
        switch self {
        case .auto: nil
        case .on: true
        case .off: false
        }
    }
}

/// A number of layers.
struct LayerCount: ExpressibleByArgument, Equatable {
    /// −1 for all; `nil` for as many as fit.
    let count: Int?

    init?(argument: String) {
        switch argument {
        case "auto": count = nil
        case "all": count = -1
        default:
            guard let number = Int(argument), (0...100_000).contains(number) else { return nil }
            count = number
        }
    }
}

/// Names of devices.
struct DeviceNames: ExpressibleByArgument, Equatable {
    /// None for the processors alone.
    let names: [String]

    init?(argument: String) {
        guard argument != "none" else {
            names = []
            return
        }
        names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let plain = names.allSatisfy { name in
            (1...63).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
        guard plain, Set(names).count == names.count, names.count <= 16 else { return nil }
    }
}

/// Memory that may be taken.
struct MemoryBudget: ExpressibleByArgument, Equatable {
    /// `nil` for no limit.
    let bytes: UInt64?

    /// Reads `none`, or a size as `ByteCount(memory:)` does.
    init?(argument: String) {
        guard argument != "none" else {
            bytes = nil
            return
        }
        guard let size = ByteCount(memory: argument), size.bytes > 0 else { return nil }
        bytes = UInt64(size.bytes)
    }
}

extension ByteCount {
    /// Reads a size as `init(spelled:)` does, or a number with `K`, `M`, `G` or `T`, each 1024 times the one before.
    init?(memory text: String) {
        let isShort = text.last.map { "KMGT".contains($0) } ?? false
        self.init(spelled: isShort ? text + "iB" : text)
    }
}
