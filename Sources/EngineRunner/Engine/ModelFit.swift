// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CLlama
internal import EngineWire
internal import Glibc

/// Whether a model has room before it is loaded, and where its layers go.
struct ModelFit {
    /// Bytes of context and computing for a token that no known model needs.
    private static let bytesOfTokenAtMost: UInt64 = 4 << 20
    private static let otherBytesAtMost: UInt64 = 512 << 20

    let request: LoadRequest
    let threads: Int
    let parameters: LoadParameters

    /// Chooses layers, and makes sure that the rest fits.
    ///
    /// What cannot be measured is not refused: the load itself says what is wrong with the file.
    ///
    /// - Throws: `EngineError`, codes `doesNotFit` and `invalidRequest`.
    func check() throws(EngineError) {
        guard request.purpose != .vocabulary, let path = request.modelPaths.first else { return }
        let hasCards = Backends.devices.contains { $0.kind == .gpu || $0.kind == .integratedGPU }
        let usesCards = hasCards && request.placement.devices?.isEmpty != true && request.placement.gpuLayers != 0
        let wanted = request.contextTokens ?? ModelLoading.usualContextTokens
        if usesCards, request.placement.gpuLayers == nil {
            parameters.chooseLayers(of: path, for: try context(wanted))
        }
        if !usesCards, try surelyFits(wanted) { return }
        guard var need = MemoryNeed(of: path, parameters, try context(wanted)) else { return }
        var tokens = wanted
        if request.contextTokens == nil, (1..<wanted).contains(need.trainedTokens) {
            tokens = need.trainedTokens
            guard let smaller = MemoryNeed(of: path, parameters, try context(tokens)) else { return }
            need = smaller
        }
        guard let missing = shortage(need) else { return }
        throw try refusal(missing, tokens: tokens, path: path)
    }

    /// A part of the need that is not there.
    private struct Shortage {
        let part: MemoryNeed.Part
        let bytes: UInt64
        let available: UInt64
    }

    /// Saves a measurement where there is memory in plenty.
    private func surelyFits(_ tokens: Int) throws(EngineError) -> Bool {
        guard let available = request.placement.memoryBytes else { return true }
        let all = UInt64(clamping: tokens).multipliedReportingOverflow(
            by: UInt64(clamping: request.sequences) * Self.bytesOfTokenAtMost)
        let files = fileBytes(request.modelPaths) + adapterBytes
        return !all.overflow && available > 2 * files + Self.otherBytesAtMost
            && available - 2 * files - Self.otherBytesAtMost > all.partialValue
    }

    private func shortage(_ need: MemoryNeed) -> Shortage? {
        for part in need.parts where !part.device.isEmpty && part.free > 0 && part.bytes > part.free {
            return Shortage(part: part, bytes: part.bytes, available: part.free)
        }
        guard let available = request.placement.memoryBytes, let host = need.parts.last else { return nil }
        let bytes = host.bytes + adapterBytes
        return bytes > available ? Shortage(part: host, bytes: bytes, available: available) : nil
    }

    private func refusal(_ missing: Shortage, tokens: Int, path: String) throws(EngineError) -> EngineError {
        let part = missing.part
        let place = part.device.isEmpty ? "memory" : "the memory of \(part.device)"
        let largest = try largestContext(below: tokens, path)
        let answers = request.sequences > 1 ? "\(request.sequences) answers of " : ""
        return EngineError(
            .doesNotFit,
            "\(ModelLoading.fileName(request.modelPaths)) with \(answers)\(tokens) tokens needs "
                + "\(ByteCount(missing.bytes)) of \(place) (weights \(ByteCount(part.weights)), context "
                + "\(ByteCount(part.context)), computing \(ByteCount(part.computing))); "
                + "\(ByteCount(missing.available)) can be had",
            hint: largest.map {
                "The largest context that fits is --context \($0)"
                    + (request.sequences > 1 ? ", or choose a smaller --parallel." : ".")
            } ?? "No context would fit. Choose a smaller model, or one with a smaller quantization.")
    }

    /// The largest multiple of 256 tokens that fits; `nil` when not even those do.
    private func largestContext(below tokens: Int, _ path: String) throws(EngineError) -> Int? {
        func fits(_ tokens: Int) throws(EngineError) -> Bool {
            guard let need = MemoryNeed(of: path, parameters, try context(tokens)) else { return false }
            return shortage(need) == nil
        }
        var (low, high) = (0, (tokens + 255) / 256)
        while high - low > 1 {
            let middle = (low + high) / 2
            if try fits(middle * 256) { low = middle } else { high = middle }
        }
        return low > 0 ? low * 256 : nil
    }

    private func context(_ tokens: Int) throws(EngineError) -> llama_context_params {
        try ModelLoading.contextOptions(request, tokens: tokens, threads: threads).raw
    }

    private var adapterBytes: UInt64 { fileBytes(request.adapters.map(\.path)) }

    /// Bytes of files together.
    private func fileBytes(_ paths: [String]) -> UInt64 {
        paths.reduce(0) { sum, path in
            var status = stat()
            return stat(path, &status) == 0 ? sum + UInt64(clamping: status.st_size) : sum
        }
    }
}
