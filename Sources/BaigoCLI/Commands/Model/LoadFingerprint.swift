// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import EngineWire
internal import SystemPackage

/// What decides about the answers of a loaded model beside the requests: the files, the template, the context.
struct LoadFingerprint {
    /// Equal for equal loads.
    let json: JSONValue

    /// Looks at the files of a load.
    ///
    /// A model of the store is known by its identity, which is a digest of its contents. Hashing other files whole could
    /// take as long as the answers: they are known by their size, their time, and the digest of their GGUF header.
    ///
    /// - Parameter running: The model.
    /// - Throws: `FileError`, `BundleError`.
    init(_ running: RunningModel) throws {
        let (files, request) = (running.files, running.request)
        let weights: JSONValue =
            if let identity = files.identity {
                .string(identity)
            } else {
                .array(try request.modelPaths.map(Self.file))
            }
        let adapters = try request.adapters.map { adapter -> JSONValue in
            let path = FilePath(adapter.path)
            let file: JSONValue =
                if files.has(adapter: path) { .text(path.lastComponent?.string) } else { try Self.file(adapter.path) }
            return ["file": file, "scale": .string("\(adapter.scale)")]
        }
        let template: JSONValue =
            switch request.chatTemplate {
            case nil: .null
            case .named(let name): ["name": .string(name)]
            case .source(let text): ["text": .string(text)]
            }
        json = [
            "adapters": .array(adapters), "cacheType": .text(request.placement.cacheType?.rawValue),
            "contextTokens": .number(running.loaded.contextTokens), "template": template, "weights": weights,
        ]
    }

    private static func file(_ path: String) throws -> JSONValue {
        let file = try OwnedDescriptor.open(reading: FilePath(path))
        let status = try file.status()
        let length = try GGUFHeader(reading: file).headerByteCount
        var hasher = try SHA256Hasher()
        var offset: Int64 = 0
        while offset < length {
            try Task.checkCancellation()
            let part = try file.bytes(at: offset, count: Int(min(1 << 20, length - offset)))
            guard !part.isEmpty else { break }
            try part.withUnsafeBytes { bytes throws in try hasher.update(bytes) }
            offset += Int64(part.count)
        }
        return [
            "header": .string(try hasher.finalize().hex), "modified": .integer(status.modifiedNanoseconds),
            "size": .integer(status.size),
        ]
    }
}
