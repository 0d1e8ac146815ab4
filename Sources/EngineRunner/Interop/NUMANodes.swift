// SPDX-License-Identifier: Apache-2.0

internal import CLlama
internal import EngineWire

/// How this process uses the nodes of a large host; decided once.
enum NUMANodes {
    /// Lays threads and memory over the nodes, if that was asked for; a later strategy changes nothing.
    static func prepare(_ strategy: Placement.NUMAStrategy?) {
        if let strategy { llama_numa_init(strategy.raw) }
    }
}
