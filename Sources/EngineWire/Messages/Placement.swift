// SPDX-License-Identifier: Apache-2.0

/// Where a model is put and how it computes; what is left out is up to the engine.
package struct Placement: Codable, Sendable, Equatable {
    /// How a model is split over several graphics cards.
    package enum SplitMode: String, Codable, Sendable, CaseIterable {
        /// One card has it all.
        case none
        /// Layers and their context go to the cards in turn.
        case layer
        /// Rows of each layer too.
        case row
        /// Tensors, computed in parallel.
        case tensor
    }

    /// Types of number that a context is kept in.
    package enum CacheType: String, Codable, Sendable, CaseIterable {
        case f32, f16, bf16, q8_0, q4_0, q4_1, iq4_nl, q5_0, q5_1
    }

    /// How threads and memory are laid over the nodes of a large host.
    package enum NUMAStrategy: String, Codable, Sendable, CaseIterable {
        case distribute, isolate, numactl
    }

    /// Layers in the memory of graphics cards: a number, −1 for all; `nil` for as many as fit.
    package var gpuLayers: Int?
    /// Names of the devices to use, as `EngineDevice.name` has them; none of them for the processors alone; `nil` for all.
    package var devices: [String]?
    package var splitMode: SplitMode?
    /// The number of the card that has the model where it is not split.
    package var mainGPU: Int?
    /// Whether attention is computed in one piece; `nil` where it is possible.
    package var flashAttention: Bool?
    /// What the context is kept in; `nil` for f16.
    package var cacheType: CacheType?
    /// Whether the weights are held in memory, never moved out.
    package var locksMemory: Bool?
    /// Whether the weights are read where the file is in the page cache; `nil` where that is possible.
    package var mapsFiles: Bool?
    package var numa: NUMAStrategy?
    /// Bytes of the host's memory that weights, context and computing may take; `nil` for no limit.
    package var memoryBytes: UInt64?

    /// Leaves everything to the engine.
    package init() {}
}
