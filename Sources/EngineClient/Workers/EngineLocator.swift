// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
package import EngineWire
internal import Glibc
package import SystemPackage

/// Finds the program of the worker process.
package struct EngineLocator: Sendable {
    private let configured: String?
    private let executable: FilePath

    /// Makes a locator.
    ///
    /// - Parameters:
    ///   - configured: The path that the person chose (`BAIGO_ENGINE`), which is then the only one looked at.
    ///   - executable: The running program, with links resolved.
    package init(configured: String?, executable: FilePath) {
        self.configured = configured
        self.executable = executable
    }

    /// Where an engine may be, in order of preference.
    package var candidates: [FilePath] {
        if let configured, !configured.isEmpty { return [FilePath(configured)] }
        let folder = executable.removingLastComponent()
        return [
            folder.appending("baigo-engine"),
            folder.removingLastComponent().appending("lib").appending("baigo").appending("baigo-engine"),
        ]
    }

    /// The first candidate that can be executed.
    ///
    /// - Throws: `EngineError`, code `notFound`.
    package func locate() throws(EngineError) -> FilePath {
        if let found = candidates.first(where: isExecutableFile) { return found }
        let places = candidates.map { $0.string.escapedForOneLine }.joined(separator: " or ")
        throw EngineError(
            .notFound, "no engine at \(places)",
            hint: configured == nil
                ? "Run scripts/bootstrap and build baigo-engine, install an engine, or let BAIGO_ENGINE name one."
                : "Let BAIGO_ENGINE name the program baigo-engine, or unset it.")
    }

    private func isExecutableFile(_ path: FilePath) -> Bool {
        path.withPlatformString { name in
            var status = stat()
            return stat(name, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(name, X_OK) == 0
        }
    }
}
