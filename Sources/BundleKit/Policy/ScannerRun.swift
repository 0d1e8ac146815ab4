// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import SystemPackage

/// Lets a scanner of the policy look at files, and keeps what it said as evidence.
package struct ScannerRun: Sendable {
    private static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    /// Characters of the output that a message quotes.
    private static let quoted = 200
    private let scanner: PolicyDocument.Scanner
    private let environment: [String: String]

    /// Takes a scanner.
    ///
    /// - Parameters:
    ///   - scanner: The program with its limits.
    ///   - environment: Variables that it gets beside `PATH` and `LC_ALL`.
    package init(_ scanner: PolicyDocument.Scanner, environment: [String: String]) {
        self.scanner = scanner
        self.environment = environment.merging(["PATH": Self.path, "LC_ALL": "C.UTF-8"]) { $1 }
    }

    /// What a scanner said of a package.
    package struct Result: Sendable {
        /// Command, exit status and the start of its output; files that it was not given.
        package let evidence: JSONValue
        /// Pass or refuse.
        package let finding: PolicyFinding
    }

    /// Runs the scanner on a folder, without a shell; any status but 0 refuses.
    ///
    /// - Parameters:
    ///   - folder: An absolute path.
    ///   - scanned: How many files lie there.
    ///   - leftOut: Paths of files that do not.
    /// - Returns: What it said.
    /// - Throws: `PolicyError`, code `scannerUnavailable`; `CancellationError`.
    package func run(on folder: String, scanned: Int, leftOut: [String]) throws -> Result {
        let command = command(on: folder)
        let process: ScannerProcess
        do throws(Errno) {
            process = try ScannerProcess(command, environment: environment)
        } catch {
            throw PolicyError(
                .scannerUnavailable,
                "the scanner \(scanner.command[0].escapedForOneLine) could not be started: \(error.description)",
                hint: "Install it, or mend scanner.command in the policy; nothing is imported without it.")
        }
        let begun = ContinuousClock.now
        let ending = try process.wait(timeout: .seconds(scanner.timeout))
        let milliseconds = Int64((ContinuousClock.now - begun) / .milliseconds(1))
        let output = String(decoding: process.output, as: UTF8.self).escapedForTerminal
        var evidence: [String: JSONValue] = [
            "command": .array(scanner.command.map { .string($0.escapedForOneLine) }),
            "exitStatus": .null, "signal": .null, "timedOut": .bool(ending == .timedOut),
            "milliseconds": .integer(milliseconds), "output": .string(output),
            "outputBytes": .integer(process.outputBytes), "scannedFiles": .integer(Int64(scanned)),
            "notScanned": .array(leftOut.map { .string($0.escapedForOneLine) }),
        ]
        let name = scanner.command[0].escapedForOneLine
        let quote = output.isEmpty ? "" : ": " + String(output.unicodeScalars.prefix(Self.quoted)).escapedForOneLine
        let finding: PolicyFinding
        switch ending {
        case .exited(0):
            evidence["exitStatus"] = 0
            let rest = leftOut.isEmpty ? "" : ", not scanned: \(PolicyJudge.list(leftOut))"
            finding = PolicyFinding(.scanner, .pass, "\(name): \(scanned) files\(rest)")
        case .exited(let status):
            evidence["exitStatus"] = .integer(Int64(status))
            finding = .against(
                .scanner, .scanner, "\(name): status \(status)",
                "the scanner \(name) ended with status \(status)\(quote)", remedy: "files that the scanner lets pass")
        case .killed(let signal):
            evidence["signal"] = .integer(Int64(signal))
            finding = .against(
                .scanner, .scanner, "\(name): signal \(signal)", "the scanner \(name) died of signal \(signal)\(quote)",
                remedy: "a scanner that ends with status 0")
        case .timedOut:
            finding = .against(
                .scanner, .scannerTimeout, "\(name): \(scanner.timeout) s",
                "the scanner \(name) did not end within \(scanner.timeout) seconds",
                remedy: "fewer or smaller files, or a higher scanner.timeout")
        }
        return Result(evidence: .object(evidence), finding: finding)
    }

    private func command(on folder: String) -> [String] {
        let mark = PolicyDocument.Scanner.folderMark
        guard scanner.command.contains(mark) else { return scanner.command + [folder] }
        return scanner.command.map { $0 == mark ? folder : $0 }
    }
}
