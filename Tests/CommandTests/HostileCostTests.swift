// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What the worst files of less than 10 MB cost: a program built for release takes less than two seconds of CPU.
struct HostileCostTests {
    /// Seconds of CPU; a debug build takes about five times as long as one for release.
    private static let cpuLimit = 8.0
    /// KiB of resident memory.
    private static let memoryLimit = 256 << 10

    /// Runs a command and prints its exit status, seconds of CPU and KiB of memory at the most.
    private static let meter = """
        import os, sys
        log = [(os.POSIX_SPAWN_OPEN, n, "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600) for n in (1, 2)]
        child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=log)
        _, status, usage = os.wait4(child, 0)
        print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
        """

    @Test func noFileCostsMuch() throws {
        let site = try Site()
        let maker = Site.checkout.appendingPathComponent("Fuzz/worst-cases").path
        expect(try site.tool("python3", maker, site.folder), endsWith: .done)
        let files = try FileManager.default.contentsOfDirectory(atPath: site.folder)
            .filter { $0.hasSuffix(".baimodel") || $0.hasSuffix(".gguf") }.sorted()
        #expect(files.count >= 20)
        for file in files {
            let arguments =
                file.hasSuffix(".gguf") ? ["export", "./\(file)", "-o", "out.baimodel"] : ["verify", "./\(file)"]
            let result = try site.run("python3", ["-c", Self.meter, Site.baigo.path] + arguments)
            let figures = result.text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
            try #require(figures.count == 3, "\(result)")
            let expected: BaigoCore.ExitStatus = file.hasPrefix("whole") ? .done : .invalidContent
            #expect(figures[0] == Double(expected.rawValue), "\(file): \(figures)")
            #expect(figures[1] < Self.cpuLimit, "\(file): \(figures)")
            #expect(figures[2] < Double(Self.memoryLimit), "\(file): \(figures)")
            let printed = try site.contents("log").count
            #expect(printed < 10_000 || expected == .done, "\(file) prints \(printed) bytes")
        }
    }
}
