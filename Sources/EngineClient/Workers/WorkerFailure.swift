// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import EngineWire
internal import Glibc

extension EngineError {
    /// A worker that closed its end of the channel.
    static func ended(
        _ ending: WorkerProcess.Ending?, during activity: String, _ lastWords: LastWords
    ) -> EngineError {
        switch ending {
        case .killed(SIGKILL, memoryRanOut: true):
            outOfMemory("the system ran out of memory and ended the engine while \(activity)\(lastWords.asEnding)")
        case .killed(let signal, _):
            EngineError(
                code(of: signal), "the engine died of \(SignalName.of(signal)) while \(activity)\(lastWords.asEnding)",
                hint: SignalName.hint(for: signal))
        case .exited(WorkerExit.outOfMemory):
            outOfMemory("the engine ran out of memory while \(activity)\(lastWords.asEnding)")
        case .exited(WorkerExit.stackOverflow):
            EngineError(
                .stackOverflow, "the engine used up its stack while \(activity)\(lastWords.asEnding)",
                hint: "The chat template of the model recurses without an end; baigo and the store are not affected.")
        case .exited(let status):
            EngineError(
                .exited, "the engine ended with status \(status) while \(activity)\(lastWords.asEnding)",
                hint: "Run baigo doctor to see whether the engine is complete.")
        case nil:
            EngineError(
                .exited, "the engine stopped answering while \(activity)\(lastWords.asEnding)",
                hint: "Run baigo doctor to see whether the engine is complete.")
        }
    }

    private static func outOfMemory(_ message: String) -> EngineError {
        EngineError(
            .outOfMemory, message,
            hint: "Try a smaller --context, a larger --memory-limit, a smaller model, or a host with more memory.")
    }

    private static func code(of signal: Int32) -> Code {
        switch signal {
        case SIGABRT: .aborted
        case SIGILL: .illegalInstruction
        case SIGBUS: .busError
        case SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT: .killed
        default: .crashed
        }
    }

    /// A request that had no token of its answer in time.
    static func noFirstToken(within limit: Duration) -> EngineError {
        EngineError(
            .noFirstToken, "the engine gave no first token within \(limit)",
            hint: "Shorten the prompt, set a larger --first-token-limit, or use a faster host.")
    }

    /// A worker that was silent.
    static func hung(after limit: Duration, during activity: String, _ lastWords: LastWords) -> EngineError {
        EngineError(
            .hung, "the engine gave no sign of life for \(limit) while \(activity)\(lastWords.asEnding)",
            hint: "It was ended. Try again; if it happens again, the model file may be crafted to do this.")
    }

    /// A worker that does not speak the protocol.
    static func protocolViolation(
        _ reason: String, during activity: String, _ lastWords: LastWords
    ) -> EngineError {
        let shown = String(reason.prefix(300)).escapedForOneLine
        return EngineError(
            .protocolViolation, "the engine sent no valid message while \(activity): \(shown)\(lastWords.asEnding)",
            hint: "Check that BAIGO_ENGINE names a baigo-engine of this version.")
    }

    /// An error as a worker reported it, made safe to show.
    var fromWorker: EngineError {
        EngineError(
            code, String(message.prefix(4096)).escapedForTerminal,
            hint: hint.map { String($0.prefix(1024)).escapedForTerminal })
    }
}
