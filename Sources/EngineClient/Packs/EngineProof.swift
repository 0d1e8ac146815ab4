// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import BundleKit
package import EngineWire
package import SystemPackage

/// What an engine showed of itself in child processes, before it is used.
package struct EngineProof: Sendable {
    /// A backend and what became of its proof.
    package struct Backend: Sendable, Equatable {
        /// `cpu-haswell`.
        package let name: String
        /// `works`, `not-for-this-machine`, `rejected` or `unproven`.
        package let verdict: String
        /// The last words of the proof.
        package let reason: String

        var json: JSONValue {
            ["name": .string(name), "reason": .string(reason.escapedForOneLine), "verdict": .string(verdict)]
        }
    }

    package let backends: [Backend]
    /// What the worker says of itself; `nil` for an engine without baigo's worker.
    package let description: EngineDescription?
    /// The processor that it was proved on.
    package let processor: String?

    /// The record that stays beside the engine as `engine.json`.
    package var json: JSONValue {
        [
            "backends": .array(backends.map(\.json)), "ggmlCommit": .text(description?.ggmlCommit),
            "processor": .text(processor), "schemaVersion": 1, "version": .text(description?.loadedVersion),
        ]
    }

    /// Proves an engine whose files lie side by side in a folder of its own.
    ///
    /// Each backend computes in a process of its own first; one that dies or computes wrong is taken out of the folder.
    /// Then the worker is started and says what it loaded, or, where there is none, the server its version. An engine that
    /// is built for a device has to show one: the processor alone is not what was asked for.
    ///
    /// - Parameters:
    ///   - folder: The folder; absolute.
    ///   - accelerator: What the pack is built for.
    ///   - ggmlCommit: The commit that its libraries are said to be of.
    ///   - processor: The name of this host's processor.
    /// - Returns: What it showed.
    /// - Throws: `EngineError`: `proofFailed`, `incompatible`, `noBackend` and those of a failing worker; `FileError`;
    ///   `CancellationError`.
    package static func run(
        in folder: FilePath, accelerator: String, ggmlCommit: String?, processor: String?
    ) throws -> EngineProof {
        let names = AcceleratorNames(accelerator)
        let backends = try proveBackends(in: folder)
        let hasWorker = isThere(EngineManifest.workerName, in: folder)
        if let names { try check(backends, names, isNeeded: hasWorker) }
        guard hasWorker else {
            try proveServer(in: folder, names)
            return EngineProof(backends: backends, description: nil, processor: processor)
        }
        let session = try EngineSession(engine: folder.appending(EngineManifest.workerName), hangLimit: .seconds(60))
        defer { session.close() }
        let description = try session.describe()
        guard description.ggmlCommit == ggmlCommit else {
            throw EngineError(
                .incompatible,
                "the pack is of ggml \((ggmlCommit ?? "?").escapedForOneLine), its worker loaded "
                    + description.ggmlCommit.escapedForOneLine,
                hint: "Its libraries are not those that it was made with; get the pack again.")
        }
        guard FilePath(description.libraryFolder).lexicallyNormalized() == folder.lexicallyNormalized() else {
            throw EngineError(
                .incompatible,
                "the worker of the pack loaded its libraries from \(description.libraryFolder.escapedForOneLine)",
                hint: "Unset LD_LIBRARY_PATH and LD_PRELOAD.")
        }
        if let names, !description.devices.contains(where: { names.fit(device: $0.name) }) {
            throw failure("the worker of the pack finds no device for its backend \(names.backend.escapedForOneLine)")
        }
        return EngineProof(backends: backends, description: description, processor: processor)
    }

    private static func isThere(_ name: String, in folder: FilePath) -> Bool {
        do throws(FileError) { return try Folder.open(folder).status(of: name)?.kind == .regular } catch {
            return false
        }
    }

    /// The libraries that are backends.
    private static func backendFiles(in folder: FilePath) throws(FileError) -> [String] {
        try Folder.open(folder).names().filter {
            $0.hasPrefix("libggml-") && $0.hasSuffix(".so") && !$0.hasPrefix("libggml-base")
        }
    }

    private static func proveBackends(in folder: FilePath) throws -> [Backend] {
        let files = try backendFiles(in: folder)
        let hasProbe = isThere(EngineManifest.probeName, in: folder)
        var backends: [Backend] = []
        for file in files {
            let name = String(file.dropFirst("libggml-".count).dropLast(".so".count))
            guard hasProbe else {
                backends.append(Backend(name: name, verdict: "unproven", reason: "the pack has no probe"))
                continue
            }
            let run = try PackProgram.run(
                EngineManifest.probeName, [folder.appending(file).string], in: folder, limit: .seconds(120))
            let verdict = run.status == 0 ? "works" : run.status == 3 ? "not-for-this-machine" : "rejected"
            if verdict == "rejected" {
                let place = try Folder.open(folder)
                try place.removeFile(file)
            }
            backends.append(Backend(name: name, verdict: verdict, reason: run.reason))
        }
        return backends
    }

    /// The backend of a device has to work, and a worker loads it from a library.
    private static func check(
        _ backends: [Backend], _ names: AcceleratorNames, isNeeded: Bool
    ) throws(EngineError) {
        let word = names.backend.escapedForOneLine
        guard let backend = backends.first(where: { $0.name == names.backend }) else {
            guard isNeeded else { return }
            throw failure("the pack has no \(word) backend")
        }
        guard !["works", "unproven"].contains(backend.verdict) else { return }
        throw failure("the backend \(word) does not work here: \(backend.reason.escapedForOneLine)")
    }

    private static func proveServer(in folder: FilePath, _ names: AcceleratorNames?) throws {
        let server = EngineManifest.serverName
        let run = try PackProgram.run(server, ["--version"], in: folder, limit: .seconds(60))
        guard run.status == 0 else {
            throw failure("\(server) of the pack does not start: \(run.reason.escapedForOneLine)")
        }
        guard let names else { return }
        let list = try PackProgram.run(server, ["--list-devices"], in: folder, limit: .seconds(120))
        guard list.status == 0, names.areListed(in: list.output) else {
            throw failure("\(server) of the pack lists no \(names.backend.escapedForOneLine) device")
        }
    }

    private static func failure(_ message: String) -> EngineError {
        EngineError(
            .proofFailed, message, hint: "See baigo engine devices; the engine that was used before stays in use.")
    }
}

/// A program of a pack that runs once, for a limited time, with the pack's libraries and no more of the environment than says
/// which devices there are.
struct PackProgram {
    /// The exit status; -1 for a program that a signal or the limit ended.
    let status: Int32
    /// How it ended, or the last line that it printed.
    let reason: String
    /// The start of what it printed.
    let output: String

    static func run(_ name: String, _ arguments: [String], in folder: FilePath, limit: Duration) throws -> PackProgram {
        let path = folder.appending(name).string
        let process: ScannerProcess
        do throws(Errno) {
            process = try ScannerProcess(
                [path] + arguments,
                environment: ["LD_LIBRARY_PATH": folder.string, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
                    .merging(DriverEnvironment.withoutCaches) { $1 }.merging(DriverEnvironment.chosen) { $1 })
        } catch {
            throw EngineError(
                .cannotStart, "cannot start \(path.escapedForOneLine): \(error.description)", hint: hint(for: error))
        }
        let ending = try process.wait(timeout: limit)
        let output = String(decoding: process.output, as: UTF8.self)
        let last = output.split(separator: "\n").last.map(String.init) ?? ""
        switch ending {
        case .exited(let status):
            return PackProgram(status: status, reason: last.isEmpty ? "exit status \(status)" : last, output: output)
        case .killed(let signal):
            return PackProgram(status: -1, reason: "died with \(SignalName.of(signal))", output: output)
        case .timedOut:
            let seconds = limit.components.seconds
            return PackProgram(status: -1, reason: "no answer within \(seconds) seconds", output: output)
        }
    }

    private static func hint(for error: Errno) -> String {
        switch error {
        case .permissionDenied:
            "Is the store on a file system that is mounted without leave to run programs (noexec)?"
        case .execFormatError, .noSuchFileOrDirectory:
            "It is no program that this machine can run; get the pack for this system again from its maker."
        default: "Close other programs and try again."
        }
    }
}
