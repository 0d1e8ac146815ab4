// SPDX-License-Identifier: Apache-2.0

internal import EngineClient
internal import EngineWire

/// A model that a worker has loaded.
struct RunningModel {
    /// The model as the person named it, with its version where it came from the store.
    let name: String
    /// Where it was found.
    let files: ModelFiles
    /// How it was loaded.
    let request: LoadRequest
    let session: EngineSession
    let loaded: LoadedModel

    /// Finds a model, checks the headers of its weights, and loads it in a worker.
    ///
    /// - Parameters:
    ///   - argument: The model.
    ///   - loading: How it is loaded.
    ///   - context: The command's.
    ///   - mayAnswerFewer: Whether fewer answers are computed together where so many do not fit.
    /// - Throws: `StoreError` or `BundleError` for the model, `EngineError` for the worker, `CLIError` for options.
    /// - Returns: The model, loaded.
    static func start(
        _ argument: String, _ loading: Loading, _ context: CommandContext, mayAnswerFewer: Bool = false
    ) throws -> RunningModel {
        let host = try Host(context)
        let files = try ModelFiles(argument, host)
        var request = try loading.request(for: files, available: HostMemory().availableBytes)
        let session = try EngineSession(engine: try host.engine())
        while true {
            do {
                let loaded = try session.load(request)
                return RunningModel(
                    name: files.name, files: files, request: request, session: session, loaded: loaded)
            } catch let error as EngineError where error.code == .doesNotFit && mayAnswerFewer && request.sequences > 1
            {
                request.sequences /= 2
            } catch let error as EngineError where error.code == .invalidRequest {
                session.close()
                throw files.explained(error, keys: loading.keysLeftToKeep)
            } catch {
                session.close()
                throw error
            }
        }
    }

    /// Ends the worker.
    func close() { session.close() }
}
