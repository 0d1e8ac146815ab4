// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import EngineWire
internal import ModelStore
internal import SystemPackage

/// A model that a worker has loaded.
struct RunningModel {
    /// The model as the person named it, with its version where it came from the store.
    let name: String
    let session: EngineSession
    let loaded: LoadedModel

    /// Finds a model, checks the headers of its weights, and loads it in a worker.
    ///
    /// - Throws: `StoreError` or `BundleError` for the model, `EngineError` for the worker.
    static func start(_ argument: String, _ options: LoadOptions, _ context: CommandContext) throws -> RunningModel {
        let host = try Host(context)
        let template = try options.template()
        let (name, weights) = try weights(of: argument, host)
        let session = try EngineSession(engine: try host.engine())
        do {
            let loaded = try session.load(
                LoadRequest(
                    modelPaths: weights, contextTokens: options.context, threads: options.threads,
                    chatTemplate: template))
            return RunningModel(name: name, session: session, loaded: loaded)
        } catch {
            session.close()
            throw error
        }
    }

    /// Ends the worker.
    func close() { session.close() }

    private static func weights(of argument: String, _ host: Host) throws -> (name: String, paths: [String]) {
        switch ModelArgument(argument) {
        case .path(let path):
            return (argument, try shards(of: path).map(\.string))
        case .name(let name):
            let package = try host.shelf().resolve(ModelReference(name)).package
            guard let first = package.weights.first else {
                throw BundleError(.noWeights, "\(package.version.reference) has no weights that could be run")
            }
            return (package.version.reference.description, try shards(of: first).map(\.string))
        }
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
