// SPDX-License-Identifier: Apache-2.0

internal import EngineClient
internal import EngineWire

/// A model that a worker has loaded.
struct RunningModel {
    /// The model as the person named it, with its version where it came from the store.
    let name: String
    let session: EngineSession
    let loaded: LoadedModel

    /// Finds a model, checks the headers of its weights, and loads it in a worker.
    ///
    /// - Throws: `StoreError` or `BundleError` for the model, `EngineError` for the worker.
    static func start(_ argument: String, _ loading: Loading, _ context: CommandContext) throws -> RunningModel {
        let host = try Host(context)
        let files = try ModelFiles(argument, host)
        var request = LoadRequest(
            modelPaths: files.weights, contextTokens: loading.contextTokens, threads: loading.threads,
            chatTemplate: loading.template, purpose: loading.purpose, sequences: loading.sequences,
            adapters: try loading.adapters.map { try files.adapter($0) })
        request.memoryLimitBytes = loading.memoryLimit
        let session = try EngineSession(engine: try host.engine())
        do {
            return RunningModel(name: files.name, session: session, loaded: try session.load(request))
        } catch {
            session.close()
            throw error
        }
    }

    /// Ends the worker.
    func close() { session.close() }
}
