// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import Foundation
internal import SystemPackage

/// A throw-away GnuPG home on a short path, with keys made on the fly; removed with this object, its agent ended.
///
/// Everything is done by plain gpg, so that tests never check signatures only against the code that made them.
package final class KeyRing: Sendable {
    /// The home's path, as `GNUPGHOME` wants it.
    package var home: String { folder.path.string }
    private let folder: TemporaryFolder

    /// Makes an empty home.
    ///
    /// - Parameter configuration: Lines of its gpg.conf.
    /// - Throws: `KeyRingFailure`, or what the file system says.
    package init(configuration: String = "") throws {
        // The sockets of its agent need a short path.
        folder = try TemporaryFolder(prefix: "bgk-")
        try configure(configuration)
        try configureAgent("pinentry-program /bin/false\n")
    }

    /// Sets the lines of its gpg-agent.conf; an agent that runs already reads them after `endAgent`.
    package func configureAgent(_ lines: String) throws {
        let agent = "allow-loopback-pinentry\ns2k-count 65536\n" + lines
        try Data(agent.utf8).write(to: URL(fileURLWithPath: home + "/gpg-agent.conf"))
    }

    /// Sets the lines of its gpg.conf.
    package func configure(_ lines: String) throws {
        try Data(lines.utf8).write(to: URL(fileURLWithPath: home + "/gpg.conf"))
    }

    /// Ends the agent, so that it forgets every passphrase; gpg starts another when it needs one.
    package func endAgent() throws {
        _ = try run("gpgconf", ["--homedir", home, "--kill", "gpg-agent"])
    }

    deinit {
        _ = try? endAgent()
    }

    /// Runs gpg in this home and gives its standard output.
    ///
    /// - Parameters:
    ///   - arguments: What follows the home and the options that let it run alone.
    ///   - time: What gpg takes for the time; `nil` for the real one.
    ///   - input: Its standard input.
    /// - Returns: Its standard output.
    /// - Throws: `KeyRingFailure` with gpg's words when its status is not 0.
    @discardableResult
    package func gpg(_ arguments: [String], at time: Timestamp? = nil, input: [UInt8] = []) throws -> [UInt8] {
        let clock = time.map { ["--faked-system-time", "\($0.secondsSinceEpoch)!"] } ?? []
        let common = ["--homedir", home, "--batch", "--no-tty", "--quiet", "--pinentry-mode", "loopback"]
        let result = try run("gpg", common + ["--passphrase", ""] + clock + arguments, input: input)
        guard result.status == 0 else { throw KeyRingFailure(what: "gpg \(arguments): \(result.errors)") }
        return result.output
    }

    /// Runs gpg and gives its status, status lines and standard error, whatever they are.
    package func gpgResult(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        let result = try run("gpg", ["--homedir", home, "--batch", "--no-tty", "--status-fd", "1"] + arguments)
        return (result.status, String(decoding: result.output, as: UTF8.self), result.errors)
    }

    private func run(
        _ program: String, _ arguments: [String], input: [UInt8] = []
    ) throws -> (status: Int32, output: [UInt8], errors: String) {
        let place = URL(fileURLWithPath: "\(home)/run-\(UUID().uuidString)")
        let files = ["in", "out", "err"].map { place.appendingPathExtension($0) }
        try Data(input).write(to: files[0])
        for file in files.dropFirst() { try Data().write(to: file) }
        defer { for file in files { try? FileManager.default.removeItem(at: file) } }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C"]) { $1 }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        process.waitUntilExit()
        return (
            process.terminationStatus, Array(try Data(contentsOf: files[1])),
            String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
        )
    }
}

/// A step of a test's own preparations that did not work.
package struct KeyRingFailure: Error, CustomStringConvertible {
    package let what: String

    /// Says what did not work.
    package init(what: String) {
        self.what = what
    }

    package var description: String { what }
}
