// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// A failure to find, start or talk to the engine, or one that the engine itself reports.
///
/// The worker sends it as part of an `EngineEvent`; the client throws it.
package struct EngineError: PresentableError, Codable, Equatable {
    /// What kind of failure it is; the raw value is the stable identifier.
    package enum Code: String, Sendable, Codable, CaseIterable {
        /// No engine is where one may be.
        case notFound = "engine.not-found"
        /// The active engine pack has no worker of baigo.
        case noWorker = "engine.no-worker"
        /// An engine pack does not work on this host.
        case proofFailed = "engine.proof-failed"
        /// The engine exists but cannot be started.
        case cannotStart = "engine.cannot-start"
        /// The engine speaks another protocol, or its libraries are another release.
        case incompatible = "engine.incompatible"
        /// The worker died of a wrong access to memory, or of another signal that says that it went wrong.
        case crashed = "engine.crashed"
        /// The worker ended itself, most often because the engine found something impossible.
        case aborted = "engine.crashed.abort"
        /// The worker came to an instruction that the processor does not have.
        case illegalInstruction = "engine.crashed.illegal-instruction"
        /// The worker used up its stack.
        case stackOverflow = "engine.crashed.stack-overflow"
        /// A file that the worker had mapped could not be read any more.
        case busError = "engine.crashed.bus-error"
        /// Somebody else ended the worker.
        case killed = "engine.killed"
        /// The worker reached its limit of memory, or the system had none left.
        case outOfMemory = "engine.out-of-memory"
        /// The worker was silent for longer than the limit, and was killed.
        case hung = "engine.hung"
        /// The first token of an answer took longer than the limit.
        case noFirstToken = "engine.no-first-token"
        /// The worker ended in the middle of its work.
        case exited = "engine.exited"
        /// The worker sent something that is no message, or not one that fits here.
        case protocolViolation = "engine.protocol"
        /// The session was closed before.
        case closed = "engine.closed"
        /// No backend can compute on this host.
        case noBackend = "engine.no-backend"
        /// The model file is not there or cannot be opened.
        case modelMissing = "engine.model-missing"
        /// The engine refuses the model file.
        case loadFailed = "engine.load-failed"
        /// The file is a model, but not one that continues text.
        case notATextModel = "engine.not-a-text-model"
        /// The model makes no vectors, or no scores.
        case notAVectorModel = "engine.not-a-vector-model"
        /// Weights, context and computing need more memory than there is.
        case doesNotFit = "engine.does-not-fit"
        /// The context could not be made, most often for want of memory.
        case contextFailed = "engine.context-failed"
        /// A generation was asked for before a model was loaded.
        case noModel = "engine.no-model"
        /// The prompt has more tokens than the context holds.
        case promptTooLong = "engine.prompt-too-long"
        /// The prompt has no token.
        case emptyPrompt = "engine.empty-prompt"
        /// An option is out of its range.
        case invalidRequest = "engine.invalid-request"
        /// The chat template of the model cannot be used.
        case template = "engine.template"
        /// The engine failed while it computed.
        case computeFailed = "engine.compute-failed"
        /// The request was cancelled before it had a result.
        case cancelled = "engine.cancelled"
    }

    package let code: Code
    package let message: String
    package let hint: String?

    package var identifier: String { code.rawValue }

    package var exitStatus: ExitStatus {
        switch code {
        case .notFound, .noWorker, .proofFailed, .cannotStart, .incompatible, .crashed, .aborted, .illegalInstruction,
            .stackOverflow, .busError, .killed, .outOfMemory, .noFirstToken, .hung, .exited, .protocolViolation,
            .closed, .noBackend, .loadFailed, .notATextModel, .notAVectorModel, .doesNotFit, .contextFailed, .noModel,
            .promptTooLong, .template, .computeFailed:
            .engine
        case .modelMissing: .notFound
        case .emptyPrompt, .invalidRequest: .usage
        case .cancelled: .interrupted
        }
    }

    /// Makes an error.
    package init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }
}
