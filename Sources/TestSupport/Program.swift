// SPDX-License-Identifier: Apache-2.0

package import Foundation

/// A program that tests run as a process of its own.
package struct Program: Sendable {
    /// The program's file, absolute.
    package let path: String

    /// Names a program by its absolute path, or by its name on `PATH`.
    package init(_ name: String) {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        let found = folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        path = name.hasPrefix("/") ? name : found ?? "/usr/bin/\(name)"
    }

    /// The product `name` of this package, built beside the tests.
    package static func product(_ name: String) -> Program {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return Program(URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path)
    }

    /// Whether the program is there.
    package var exists: Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// Runs the program to its end.
    ///
    /// - Parameters:
    ///   - environment: The whole environment of the process but `PATH`, which it gets from the tests.
    ///   - input: Standard input; it ends after these bytes.
    /// - Returns: How it ended and what it printed.
    package func run(
        _ arguments: [String], environment: [String: String] = [:], input: Data = Data(), in folder: String? = nil
    ) throws -> ProgramResult {
        try start(arguments, environment: environment, input: input, in: folder).wait()
    }

    /// Starts the program; its output goes to files while it runs.
    package func start(
        _ arguments: [String], environment: [String: String] = [:], input: Data = Data(), in folder: String? = nil
    ) throws -> RunningProgram {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("baigo-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        let files = ["in", "out", "err"].map { scratch.appendingPathComponent($0) }
        try input.write(to: files[0])
        for file in files[1...] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment.merging([
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        ]) {
            own, _ in own
        }
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        process.standardInput = try FileHandle(forReadingFrom: files[0])
        process.standardOutput = try FileHandle(forWritingTo: files[1])
        process.standardError = try FileHandle(forWritingTo: files[2])
        try process.run()
        return RunningProgram(process: process, scratch: scratch)
    }
}

/// A process that was started and not yet waited for.
package struct RunningProgram {
    let process: Process
    let scratch: URL

    /// The process number.
    package var processIdentifier: Int32 { process.processIdentifier }

    /// Whether it has not ended yet.
    package var isRunning: Bool { process.isRunning }

    /// What it has printed so far.
    package func outputSoFar() throws -> Data { try Data(contentsOf: scratch.appendingPathComponent("out")) }

    /// What it has printed to standard error so far.
    package func errorOutputSoFar() throws -> Data { try Data(contentsOf: scratch.appendingPathComponent("err")) }

    /// Waits for the end and takes the output.
    package func wait() throws -> ProgramResult {
        process.waitUntilExit()
        defer { try? FileManager.default.removeItem(at: scratch) }
        let status = process.terminationStatus
        return ProgramResult(
            status: process.terminationReason == .exit ? status : 128 + status, output: try outputSoFar(),
            errorOutput: String(decoding: try errorOutputSoFar(), as: UTF8.self))
    }
}

/// How a process ended and what it printed.
package struct ProgramResult: Sendable, CustomStringConvertible {
    /// The exit status; 128 and the signal's number for a process that a signal ended.
    package let status: Int32
    package let output: Data
    package let errorOutput: String

    /// Standard output as text.
    package var text: String { String(decoding: output, as: UTF8.self) }

    package var description: String {
        "status \(status)\nstdout: \(text.prefix(4000))\nstderr: \(errorOutput.suffix(4000))"
    }
}
