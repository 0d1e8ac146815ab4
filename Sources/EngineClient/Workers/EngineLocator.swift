// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import EngineWire
internal import Glibc
package import SystemPackage

/// The engine pack that is active, as far as finding its worker goes.
package struct ActivePack: Sendable {
    /// As the store lists it: `llama-cpp:26.4.20-cpu`.
    package let name: String
    /// Where its programs and libraries are.
    package let folder: FilePath
    /// Whether baigo's own worker is among them.
    package let hasWorker: Bool

    /// Describes a pack.
    package init(name: String, folder: FilePath, hasWorker: Bool) {
        self.name = name
        self.folder = folder
        self.hasWorker = hasWorker
    }
}

/// Finds the program of the worker process.
package struct EngineLocator: Sendable {
    private let configured: String?
    private let pack: ActivePack?
    private let executable: FilePath

    /// Makes a locator.
    ///
    /// - Parameters:
    ///   - configured: The path that the person chose (`BAIGO_ENGINE`), which is then the only one looked at.
    ///   - pack: The active engine pack, which is then the only place looked at; `nil` for none.
    ///   - executable: The running program, with links resolved.
    package init(configured: String?, pack: ActivePack? = nil, executable: FilePath) {
        self.configured = configured
        self.pack = pack
        self.executable = executable
    }

    /// Where an engine may be, in order of preference.
    package var candidates: [FilePath] {
        if let configured, !configured.isEmpty { return [FilePath(configured)] }
        if let pack { return [pack.folder.appending("baigo-engine")] }
        let folder = executable.removingLastComponent()
        return [
            folder.appending("baigo-engine"),
            folder.removingLastComponent().appending("lib").appending("baigo").appending("baigo-engine"),
        ]
    }

    /// The first candidate that can be executed.
    ///
    /// - Throws: `EngineError`, code `notFound`; `noWorker` where the active pack brings none.
    package func locate() throws(EngineError) -> FilePath {
        if configured?.isEmpty ?? true, let pack, !pack.hasWorker {
            throw EngineError(
                .noWorker,
                "the active engine \(pack.name.escapedForOneLine) has no baigo worker: it is used through its own "
                    + "llama-server alone, which runs no models for this command",
                hint: "Activate an engine with a worker (baigo engine list), or baigo engine activate built-in.")
        }
        if let found = candidates.first(where: isExecutableFile) { return found }
        let places = candidates.map { $0.string.escapedForOneLine }.joined(separator: " or ")
        throw EngineError(
            .notFound, "no engine at \(places)",
            hint: pack.map { "Run baigo engine activate \($0.name.escapedForOneLine) again." }
                ?? (configured == nil
                    ? "Run scripts/bootstrap and build baigo-engine, install an engine, or let BAIGO_ENGINE name one."
                    : "Let BAIGO_ENGINE name the program baigo-engine, or unset it."))
    }

    private func isExecutableFile(_ path: FilePath) -> Bool {
        path.withPlatformString { name in
            var status = stat()
            return stat(name, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(name, X_OK) == 0
        }
    }
}
