// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import EngineWire
internal import ModelStore
internal import SystemPackage

/// The files of a model that a worker is to load.
///
/// Their headers are read within bounds before an engine sees them.
struct ModelFiles {
    /// The model as the person named it, with its version where it came from the store.
    let name: String
    /// The weights, the first shard first.
    let weights: [String]
    private let adapters: [FilePath]
    private let options: StoredOptions

    /// Finds a model in the store or by its path.
    ///
    /// - Throws: `StoreError`, `BundleError`, `FileError`.
    init(_ argument: String, _ host: Host) throws {
        switch ModelArgument(argument) {
        case .path(let path):
            name = argument
            weights = try Self.shards(of: path).map(\.string)
            adapters = []
            options = StoredOptions()
        case .name(let name):
            let package = try host.shelf().resolve(ModelReference(name)).package
            guard let first = package.weights.first else {
                throw BundleError(.noWeights, "\(package.version.reference) has no weights that could be run")
            }
            self.name = package.version.reference.description
            weights = try Self.shards(of: first).map(\.string)
            adapters = package.adapters
            options = try package.loadOptions()
        }
    }

    /// The load options that are kept for the model.
    ///
    /// - Throws: `CLIError` for options that this baigo does not take.
    func kept() throws(CLIError) -> SizeOptions {
        do throws(CLIError) {
            return try KeptOptions.parse(options.values)
        } catch {
            throw CLIError(
                .usage, "the options kept for \(name.escapedForOneLine) cannot be used: \(error.message)",
                hint: "Change them with baigo set.")
        }
    }

    /// The adapter that an option means.
    ///
    /// - Parameter option: A path, or the name of an adapter of the package with or without `.gguf`, and `=SCALE`.
    /// - Throws: `CLIError` for a name that the package does not have; `BundleError` and `FileError` for its file.
    /// - Returns: The adapter's file and its scale.
    func adapter(_ option: String) throws -> LoadRequest.Adapter {
        var text = option
        var scale = 1.0
        if let sign = option.lastIndex(of: "="), let number = Double(option[option.index(after: sign)...]) {
            text = String(option[..<sign])
            scale = number
        }
        let path =
            try text.contains("/") || text.hasSuffix(".gguf") && named(text) == nil ? FilePath(text) : packaged(text)
        _ = try GGUFHeader(reading: try OwnedDescriptor.open(reading: path))
        return LoadRequest.Adapter(path: path.string, scale: scale)
    }

    private func named(_ text: String) -> FilePath? {
        adapters.first { $0.lastComponent?.string == text || $0.lastComponent?.stem == text }
    }

    private func packaged(_ text: String) throws -> FilePath {
        if let found = named(text) { return found }
        let known = adapters.compactMap { $0.lastComponent?.stem }.joined(separator: ", ")
        throw CLIError(
            .usage, "\(name) has no adapter \(text.escapedForOneLine)",
            hint: known.isEmpty ? "Its package has none; a path contains a slash or ends in .gguf." : "It has \(known)."
        )
    }

    /// All shards of a model, the first one first; their headers are read within bounds before an engine sees them.
    private static func shards(of path: FilePath) throws -> [FilePath] {
        let header = try GGUFHeader(reading: try OwnedDescriptor.open(reading: path))
        guard let split = header.split, split.count > 1, let name = path.lastComponent.flatMap({ ShardName($0.string) })
        else { return [path] }
        let folder = path.removingLastComponent()
        return try (1...name.count).map { number in
            let shard = folder.appending(name.name(of: number))
            do {
                let file = try OwnedDescriptor.open(reading: shard)
                _ = try GGUFHeader(reading: file)
            } catch let error as FileError where error.code == .notFound {
                throw BundleError(
                    .missingShard, "shard \(number) of \(name.count) is missing: \(shard.string.escapedForOneLine)",
                    hint: "Put all shards into one folder.", cause: error)
            }
            return shard
        }
    }
}
