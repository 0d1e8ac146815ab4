// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

@testable import BundleKit

/// A scanner runs without a shell, in time, and leaves nothing behind.
@Suite struct ScannerRunTests {
    private func run(
        _ command: [String], timeout: Int64 = 60, on folder: String = "/"
    ) throws -> ScannerRun.Result {
        let list = command.map { argument in
            "\"" + argument.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
                + "\""
        }.joined(separator: ", ")
        let policy = try PolicyDocument(
            reading: Array("schema = 1\n[scanner]\ncommand = [\(list)]\ntimeout = \(timeout)\n".utf8))
        return try ScannerRun(try #require(policy.scanner), environment: ["HOME": "/nowhere"])
            .run(on: folder, scanned: 3, leftOut: ["model/big"])
    }

    private func output(_ result: ScannerRun.Result) -> String { result.evidence["output"]?.string ?? "" }

    @Test func passesWithStatusZeroAlone() throws {
        let passed = try run(["/bin/true"])
        #expect(passed.finding.verdict == .pass)
        #expect(passed.evidence["exitStatus"] == 0)
        #expect(passed.evidence["scannedFiles"] == 3)
        #expect(passed.evidence["notScanned"] == ["model/big"])
        for status in [1, 2, 255] as [Int64] {
            let result = try run(["/bin/sh", "-c", "echo found; exit \(status)"])
            #expect(result.finding.error?.code == .scanner)
            #expect(result.finding.error?.message.contains("found") == true)
            #expect(result.evidence["exitStatus"] == .integer(status))
        }
        let killed = try run(["/bin/sh", "-c", "kill -9 $$"])
        #expect(killed.finding.error?.code == .scanner)
        #expect(killed.evidence["signal"] == 9)
    }

    @Test func givesTheFolderAsItIsWithoutAShell() throws {
        #expect(output(try run(["/bin/echo", "a"], on: "/a b;$(id)")) == "a /a b;$(id)\n")
        #expect(output(try run(["/bin/echo", "{}", "z"], on: "/x")) == "/x z\n")
        #expect(output(try run(["/bin/sh", "-c", "env"])).contains("HOME=/nowhere\n"))
        #expect(!output(try run(["/bin/sh", "-c", "env"])).contains("SWIFT"))
    }

    @Test func keepsTheStartOfTheOutputEscaped() throws {
        let long = try run(["/bin/sh", "-c", "head -c 5000000 /dev/zero | tr '\\0' x; printf 'y' >&2"])
        #expect(long.evidence["outputBytes"] == 5_000_001)
        #expect(output(long).utf8.count == ScannerProcess.keptBytes)
        #expect(output(try run(["/bin/sh", "-c", "printf '\\033[31mred\\377'"])) == "\\u{1b}[31mred\u{FFFD}")
    }

    @Test func saysThatItCannotBeStarted() {
        for command in ["/nowhere/scanner", "/etc/passwd", "/"] {
            let error = #expect(throws: PolicyError.self) { try run([command]) }
            #expect(error?.code == .scannerUnavailable)
            #expect(error?.exitStatus == .environment)
        }
    }

    @Test(arguments: [
        "sleep 1000", "sleep 1000 & sleep 1000 & wait", "setsid sleep 1000 & setsid sh -c 'sleep 1000' & wait",
        "trap '' TERM INT HUP; while :; do echo x; done", "exec 1>&- 2>&-; sleep 1000",
    ])
    func endsWithEverythingItStartedWhenTheTimeIsOver(_ script: String) throws {
        // Nobody else sleeps for just so long.
        let mark = "1000.\(UInt32.random(in: 1_000_000 ... .max))"
        let result = try run(["/bin/sh", "-c", script.replacingOccurrences(of: "1000", with: mark)], timeout: 1)
        #expect(result.finding.error?.code == .scannerTimeout)
        #expect(result.evidence["timedOut"] == true)
        #expect(try Self.processes(naming: mark) == [])
    }

    /// Numbers of the processes that run and have a word on their command line.
    private static func processes(naming word: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { number in
            guard Int(number) != nil, let line = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") else {
                return false
            }
            return String(decoding: line, as: UTF8.self).contains(word)
        }
    }

    @Test func endsWithWhatAFinishedScannerLeftRunning() throws {
        let mark = "1000.\(UInt32.random(in: 1_000_000 ... .max))"
        let result = try run(["/bin/sh", "-c", "setsid sleep \(mark) & sleep \(mark) & exit 0"])
        #expect(result.finding.verdict == .pass)
        #expect(try Self.processes(naming: mark) == [])
    }

    @Test func endsWhenItsTaskIsCancelled() async throws {
        let task = Task.detached { try run(["/bin/sh", "-c", "sleep 1000"]) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
