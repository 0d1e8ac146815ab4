// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import EngineClient
internal import EngineWire
internal import ModelStore

/// Proves engines on this host while they become active.
struct EngineTrialRun {
    let hardware: HostHardware

    init(_ hardware: HostHardware) { self.hardware = hardware }

    /// Makes an engine the active one once it has proved itself.
    ///
    /// - Throws: As `ModelStore.activateEngine` and `EngineProof.run`.
    func activate(
        _ reference: EngineReference, in store: ModelStore, wait: Duration
    ) throws -> EngineActivationResult {
        try store.activateEngine(reference, wait: wait) { try prove($0) }
    }

    /// Proves an engine where it was laid out.
    ///
    /// - Throws: `EngineError`, also for one that does not fit; `FileError`; `CancellationError`.
    func prove(_ trial: EngineTrial) throws -> JSONValue {
        if let obstacle = trial.engine.obstacles(on: hardware).first {
            throw EngineError(
                .proofFailed, "\(trial.engine.reference) is \(obstacle)",
                hint: "The engine that was used before stays in use; see baigo engine devices.")
        }
        let receipt = trial.engine.receipt
        return try EngineProof.run(
            in: trial.folder, accelerator: receipt.target.accelerator, ggmlCommit: receipt.ggmlCommit,
            processor: hardware.processor
        ).json
    }
}
