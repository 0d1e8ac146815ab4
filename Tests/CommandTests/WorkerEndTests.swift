// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Foundation
import TestSupport
import Testing

/// Every way in which a worker can fail, through the program: identifier, status 6, nothing left.
struct WorkerEndTests {
    private static let start = "open(here + '/pid', 'w').write(str(os.getpid())); hello(); receive(); "

    @Test(arguments: [
        ("os.write(2, b'bang'); os.kill(os.getpid(), signal.SIGSEGV)", "engine.crashed"),
        ("os.kill(os.getpid(), signal.SIGFPE)", "engine.crashed"), ("os.abort()", "engine.crashed.abort"),
        ("os.kill(os.getpid(), signal.SIGILL)", "engine.crashed.illegal-instruction"),
        ("os.kill(os.getpid(), signal.SIGBUS)", "engine.crashed.bus-error"),
        ("os._exit(73)", "engine.crashed.stack-overflow"), ("os._exit(72)", "engine.out-of-memory"),
        ("os._exit(0)", "engine.exited"), ("os._exit(3)", "engine.exited"),
        ("channel.shutdown(socket.SHUT_RDWR); time.sleep(600)", "engine.exited"),
        ("channel.sendall(b'\\x00\\x00\\x00\\x00'); time.sleep(600)", "engine.protocol"),
        ("channel.sendall(b'\\xff\\xff\\xff\\x7f'); time.sleep(600)", "engine.protocol"),
        ("send_bytes(b'{'); time.sleep(600)", "engine.protocol"),
        ("send_bytes(b'\\xff\\xfe'); time.sleep(600)", "engine.protocol"),
        ("send({'unheard': {}}); time.sleep(600)", "engine.protocol"),
        ("send(description); time.sleep(600)", "engine.protocol"),
        ("channel.sendall(b'\\x10\\x00'); os._exit(1)", "engine.exited"),
        ("send(loaded); receive(); time.sleep(600)", "engine.no-first-token"),
        ("send(loaded); receive(); send({'loaded': 7}); time.sleep(600)", "engine.protocol"),
    ])
    func aWorkerFails(_ body: String, _ identifier: String) throws {
        let worker = try FakeWorker(Self.start + body)
        let site = try Site()
        site.environment["BAIGO_ENGINE"] = worker.folder.path + "/worker"
        let result = try site.baigo("run", Site.model, "hi", "--json", "--first-token-limit", "0.5")
        expect(result, endsWith: .engine, identifier: identifier)
        #expect(result.output.isEmpty)
        let process = try #require(pid_t(try worker.note("pid")))
        #expect(kill(process, 0) == -1 && errno == ESRCH, "neither running nor a zombie")
        #expect(try FileManager.default.contentsOfDirectory(atPath: site.folder) == [], "nothing in TMPDIR")
    }

    @Test func aTemplateThatRecursesWithoutEnd() throws {
        let site = try Site()
        try site.write(Data("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}".utf8), to: "deep.jinja")
        let result = try site.baigo("run", Site.model, "hi", "--json", "--chat-template", "deep.jinja")
        expect(result, endsWith: .engine, identifier: "engine.crashed.stack-overflow")
    }

    @Test func aContextBeyondTheLimitOfMemory() throws {
        let site = try Site()
        let result = try site.baigo(
            "run", Site.model, "hi", "--json", "--context", "4000000", "--memory-limit", "512MiB")
        expect(result, endsWith: .engine, identifier: "engine.out-of-memory")
        expect(
            try site.baigo("run", Site.model, "hi", "--memory-limit", "512MiB", "--max-tokens", "1"), endsWith: .done)
        for wrong in ["1MiB", "much", "-1", ""] {
            expect(try site.baigo("run", Site.model, "hi", "--memory-limit=\(wrong)"), endsWith: .usage)
        }
        for wrong in ["0", "-1", "never", "1e9"] {
            expect(try site.baigo("run", Site.model, "hi", "--first-token-limit=\(wrong)"), endsWith: .usage)
        }
    }

    @Test func doctorSaysWhatKeepsTheWorkerFromHarm() throws {
        let site = try Site()
        let engine = try site.baigo("doctor", "--json").json["engine"]
        let applied = try #require(engine?["protections"]?.array)
        #expect(applied.contains("no new privileges"))
        #expect(engine?["missingProtections"]?.array != nil)
        let text = try site.baigo("doctor").text
        for name in applied.compactMap(\.string) { #expect(text.contains(name)) }
    }
}

/// A worker that dies of SIGKILL: one after the other, since the kernel counts for the whole machine.
@Suite(.serialized)
struct WorkerKillTests {
    @Test func somebodyKillsTheWorker() throws {
        let worker = try FakeWorker("hello(); receive(); os.kill(os.getpid(), signal.SIGKILL)")
        let site = try Site()
        site.environment["BAIGO_ENGINE"] = worker.folder.path + "/worker"
        let result = try site.baigo("run", Site.model, "hi", "--json")
        expect(result, endsWith: .engine, identifier: "engine.killed")
    }

    /// A control group of its own with little memory; needs root and a hierarchy that takes one.
    @Test func theSystemRunsOutOfMemory() throws {
        let place = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].first {
            FileManager.default.fileExists(atPath: $0 + "/cgroup.procs")
        }
        guard geteuid() == 0, let place else { return }
        let group = "\(place)/baigo-test-\(getpid())"
        let limit = place.hasSuffix("memory") ? "memory.limit_in_bytes" : "memory.max"
        let site = try Site()
        let result = try site.shell(
            """
            mkdir '\(group)' 2> /dev/null || exit 77
            trap 'for i in 1 2 3 4 5 6 7 8 9; do rmdir "\(group)" 2> /dev/null && break; sleep 0.1; done' EXIT
            echo 200M > '\(group)/\(limit)' 2> /dev/null || exit 77
            (echo $BASHPID > '\(group)/cgroup.procs' || exit 77
            exec "$BAIGO" run '\(Site.model)' hi --json --context 4000000 < /dev/null)
            """)
        guard result.status != 77 else { return }
        expect(result, endsWith: .engine, identifier: "engine.out-of-memory")
    }
}
