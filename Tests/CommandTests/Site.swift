// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// A host of its own for one test: an empty store, a working folder, and the built baigo.
final class Site {
    static let baigo = Program.product("baigo")
    /// The top of the checkout.
    static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    /// The small chat model of this repository.
    static let model = checkout.appendingPathComponent("Fixtures/models/tiny-chat.gguf").path

    /// The working folder, absolute.
    let folder: String
    var home: String { folder + "/home" }
    /// Variables beside `BAIGO_HOME`, `HOME` and `XDG_CONFIG_HOME`.
    var environment: [String: String] = [:]

    init(gnupg: KeyRing? = nil) throws {
        let base = FileManager.default.temporaryDirectory.appendingPathComponent("baigo-site-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: base, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        folder = base.path
        if let gnupg { environment["GNUPGHOME"] = gnupg.home }
    }

    /// A host with a package of the small chat model, `tiny:1`, in the working folder.
    convenience init(holding package: String, gnupg: KeyRing? = nil) throws {
        try self.init(gnupg: gnupg)
        expect(
            try baigo("export", Self.model, "-o", package, "--name", "tiny", "--version", "1"), endsWith: .done)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private var fullEnvironment: [String: String] {
        [
            "BAIGO_HOME": home, "BAIGO_SYSTEM_STORE": "none", "HOME": folder, "XDG_CONFIG_HOME": folder + "/config",
            "TMPDIR": folder,
        ].merging(environment) { $1 }
    }

    /// Runs baigo in the working folder.
    func baigo(_ arguments: String..., input: Data = Data()) throws -> ProgramResult {
        try Self.baigo.run(arguments, environment: fullEnvironment, input: input, in: folder)
    }

    /// Runs baigo in the working folder.
    func baigo(_ arguments: [String]) throws -> ProgramResult {
        try Self.baigo.run(arguments, environment: fullEnvironment, in: folder)
    }

    /// Starts baigo in the working folder.
    func starting(_ arguments: String..., input: Data = Data()) throws -> RunningProgram {
        try Self.baigo.start(arguments, environment: fullEnvironment, input: input, in: folder)
    }

    /// Runs another program in the working folder.
    func tool(_ name: String, _ arguments: String..., in subfolder: String = "") throws -> ProgramResult {
        try Program(name).run(arguments, environment: fullEnvironment, in: folder + "/" + subfolder)
    }

    /// Runs another program in the working folder.
    func run(_ name: String, _ arguments: [String]) throws -> ProgramResult {
        try Program(name).run(arguments, environment: fullEnvironment, in: folder)
    }

    /// Runs a shell script in the working folder; `$BAIGO` is the built baigo.
    func shell(_ script: String) throws -> ProgramResult {
        try Program("bash").run(
            ["-euo", "pipefail", "-c", script], environment: fullEnvironment.merging(["BAIGO": Self.baigo.path]) { $1 },
            in: folder)
    }

    /// Lets baigo use a copy of the built worker, which finds its libraries in the working folder, in `engine/lib`.
    func putWorker() throws {
        let place = URL(fileURLWithPath: path("build/debug"))
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let worker = place.appendingPathComponent("baigo-engine")
        try FileManager.default.copyItem(at: URL(fileURLWithPath: Program.product("baigo-engine").path), to: worker)
        environment["BAIGO_ENGINE"] = worker.path
    }

    func path(_ name: String) -> String { folder + "/" + name }

    func contents(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }

    func write(_ bytes: Data, to name: String) throws { try bytes.write(to: URL(fileURLWithPath: path(name))) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    /// Everything under a folder: each file's path and content digest, for "nothing changed".
    func snapshot(_ name: String) throws -> [String] {
        let result = try shell(
            "[ ! -d '\(name)' ] || find '\(name)' -type f ! -name lock -exec sha256sum {} + | sort -k2")
        return result.text.split(separator: "\n").map(String.init)
    }
}

/// Checks an exit status and shows what was printed where it differs.
func expect(
    _ result: ProgramResult, endsWith status: BaigoCore.ExitStatus, identifier: String? = nil,
    _ location: SourceLocation = #_sourceLocation
) {
    #expect(result.status == status.rawValue, "\(result)", sourceLocation: location)
    guard let identifier else { return }
    let line = result.errorOutput.split(separator: "\n").last.map { Array($0.utf8) } ?? []
    let error = try? JSONValue(strict: line)["error"]
    #expect(error?["identifier"]?.string == identifier, "\(result)", sourceLocation: location)
    #expect(error?["exitStatus"]?.integer == Int64(status.rawValue), "\(result)", sourceLocation: location)
}

extension ProgramResult {
    /// Standard output as one JSON value.
    var json: JSONValue { get throws { try JSONValue(strict: Array(output)) } }
}
