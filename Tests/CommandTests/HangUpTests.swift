// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// What a closed terminal, or an end by force, leaves of a command and of the programs that it runs.
struct HangUpTests {
    /// A site with a pack whose server does as the script says, in the working folder.
    private func site(server script: String) throws -> Site {
        let site = try Site()
        var pack = EnginePackBuilder(registry: "llama-cpp", version: "1")
        pack.files[0].data = EnginePackBuilder.script("cd '\(site.folder)'\n\(script)")
        try site.write(Data(try pack.bytes()), to: "p.baiengine")
        let digest = String(try site.shell("sha256sum p.baiengine").text.prefix(64))
        expect(try site.baigo("engine", "import", "p.baiengine", "--yes", "--sha256", digest), endsWith: .done)
        return site
    }

    /// Numbers of the processes that have a word on their command line, zombies left out.
    private func processes(naming word: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { number in
            guard Int(number) != nil, let line = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") else {
                return false
            }
            return String(decoding: line, as: UTF8.self).contains(word)
        }
    }

    /// Nobody else sleeps for just so long.
    private let mark = "1000.\(UInt32.random(in: 1_000_000 ... .max))"

    /// Waits until what was ended is gone, half a minute at the most.
    private func expectNoProcesses(_ location: SourceLocation = #_sourceLocation) throws {
        for _ in 0..<3000 where try !processes(naming: mark).isEmpty { usleep(10_000) }
        #expect(try processes(naming: mark) == [], sourceLocation: location)
    }

    private func activate(_ site: Site, ending signal: Int32) throws -> ProgramResult {
        // Whoever runs these tests may have told them to ignore the signal.
        let running = try Program("env").start(
            ["--default-signal=HUP", Site.baigo.path, "engine", "activate", "llama-cpp"],
            environment: ["BAIGO_HOME": site.home, "BAIGO_SYSTEM_STORE": "none", "HOME": site.folder], in: site.folder)
        while try !site.exists("ran") || processes(naming: mark).isEmpty, running.isRunning { usleep(1000) }
        kill(running.processIdentifier, signal)
        return try running.wait()
    }

    @Test func aClosedTerminalEndsACommandInOrder() throws {
        let site = try site(server: "setsid sleep \(mark) & touch ran; sleep \(mark)")
        expect(try activate(site, ending: SIGHUP), endsWith: .hungUp)
        try expectNoProcesses()
        #expect(try site.shell("ls -A home/staging").text == "")
        let last = try site.baigo("audit", "show", "--json").text.split(separator: "\n").last
        #expect(try JSONValue(strict: Array((last ?? "").utf8))["result"] == "failed")
        expect(try site.baigo("audit", "verify"), endsWith: .done)
    }

    @Test func aConversationEndsWithItsTerminal() throws {
        let site = try Site()
        let result = try site.shell(
            """
            python3 - <<'END'
            import os, pty, signal
            process, terminal = pty.fork()
            if process == 0:
                signal.signal(signal.SIGHUP, signal.SIG_DFL)
                os.execv(os.environ["BAIGO"], ["baigo", "chat", "\(Site.model)"])
            shown = b""
            while b"> " not in shown:
                shown += os.read(terminal, 1000)
            os.close(terminal)
            print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
            END
            """)
        #expect(result.text == "129\n", "\(result)")
    }

    @Test func whatWasStartedToOutliveItsTerminalDoes() throws {
        let site = try site(server: "touch ran; until [ -e go ]; do sleep 0.01; done; echo version: 1")
        let result = try site.shell(
            """
            trap '' HUP
            "$BAIGO" engine activate llama-cpp & baigo=$!
            until [ -e ran ]; do kill -0 $baigo; done
            kill -HUP $baigo
            touch go
            wait $baigo
            """)
        expect(result, endsWith: .done)
        #expect(try site.baigo("engine", "list", "--json").json["active"] == "llama-cpp:1-cpu")
    }

    @Test(arguments: ["exec sleep", "setsid sleep", "trap '' TERM HUP; sleep"])
    func nothingOutlivesACommandThatIsKilled(_ start: String) throws {
        let site = try site(server: "(setsid sleep \(mark) &); sleep \(mark) & touch ran; \(start) \(mark)")
        let result = try activate(site, ending: SIGKILL)
        #expect(result.status == 128 + SIGKILL)
        try expectNoProcesses()
        // The store is free, and the next command finishes what was under way.
        expect(try site.baigo("engine", "activate", "built-in"), endsWith: .done)
        expect(try site.baigo("audit", "verify"), endsWith: .done)
    }
}
