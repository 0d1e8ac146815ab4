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
    /// The model with the digest of its contents where it came from the store.
    let identity: String?
    /// The weights, the first shard first.
    let weights: [String]
    private let adapters: [FilePath]
    private let options: StoredOptions
    /// What `baigo set` calls the model; `nil` for one outside the store.
    private let settable: String?

    /// Finds a model in the store or by its path.
    ///
    /// - Throws: `StoreError`, `BundleError`, `FileError`.
    init(_ argument: String, _ host: Host) throws {
        switch ModelArgument(argument) {
        case .path(let path):
            name = argument
            identity = nil
            weights = try ModelShards.files(of: path).map(\.string)
            adapters = []
            options = StoredOptions()
            settable = nil
        case .name(let name):
            let package = try host.shelf().resolve(ModelReference(name)).package
            guard let first = package.weights.first else {
                throw BundleError(.noWeights, "\(package.version.reference) has no weights that could be run")
            }
            self.name = package.version.reference.description
            identity = package.version.identity.description
            weights = try ModelShards.files(of: first).map(\.string)
            adapters = package.adapters
            options = try package.loadOptions()
            settable = package.version.reference.name.description
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

    /// An error that kept options may have brought about, with the way to take them away.
    ///
    /// - Parameters:
    ///   - error: A refusal of the load as it was asked for.
    ///   - keys: Options that the command line did not give.
    /// - Returns: The same error where none of them is kept.
    func explained(_ error: EngineError, keys: [String]) -> EngineError {
        let kept = keys.compactMap { key in options.values[key].map { "\(key)=\($0.escapedForOneLine)" } }
        guard let settable, !kept.isEmpty else { return error }
        let clearing = keys.filter { options.values[$0] != nil }.map { "\($0)=" }.joined(separator: " ")
        return EngineError(
            error.code, error.message,
            hint:
                "\(settable) is loaded with options that are kept for it: \(kept.joined(separator: " ")). Take away what "
                + "this host cannot do: baigo set \(settable) \(clearing)")
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
            guard number.isFinite else {
                throw CLIError(
                    .usage, "the scale of the adapter \(option.escapedForOneLine) is not finite",
                    hint: "Give a number from -1000 to 1000.")
            }
            text = String(option[..<sign])
            scale = number
        }
        let path =
            try text.contains("/") || text.hasSuffix(".gguf") && named(text) == nil ? FilePath(text) : packaged(text)
        _ = try GGUFHeader(reading: try OwnedDescriptor.open(reading: path))
        return LoadRequest.Adapter(path: path.string, scale: scale)
    }

    /// Whether an adapter came in the package of the model.
    func has(adapter path: FilePath) -> Bool { adapters.contains(path) }

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
}
