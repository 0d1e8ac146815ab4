// SPDX-License-Identifier: Apache-2.0

import BaigoCore
import Dispatch
import EngineClient
import EngineWire
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

struct WorkerFailureTests {
    private func failure(
        of worker: FakeWorker, hangLimit: Duration = .seconds(20),
        _ call: (EngineSession) throws -> Void = { _ = try $0.describe() }
    ) -> EngineError? {
        withExtendedLifetime(worker) {
            #expect(throws: EngineError.self) {
                let session = try EngineSession(engine: worker.path, hangLimit: hangLimit)
                try call(session)
            }
        }
    }

    @Test(arguments: [
        (SIGSEGV, "SIGSEGV", EngineError.Code.crashed), (SIGABRT, "SIGABRT", .aborted),
        (SIGILL, "SIGILL", .illegalInstruction), (SIGBUS, "SIGBUS", .busError), (SIGFPE, "SIGFPE", .crashed),
        (SIGTERM, "SIGTERM", .killed),
    ])
    func namesTheSignalOfACrashAndTheLastWords(_ signal: Int32, _ name: String, _ code: EngineError.Code) throws {
        let worker = try FakeWorker(
            """
            hello(); receive()
            os.write(2, b"bang \\x1b[31m\\n")
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [\(signal)])
            os.kill(os.getpid(), \(signal))
            """)
        let error = try #require(failure(of: worker))
        #expect(error.code == code)
        #expect(error.exitStatus == .engine)
        #expect(error.message.contains(name))
        #expect(error.message.hasSuffix("its last words: bang \\u{1b}[31m"))
        #expect(error.hint != nil)
    }

    @Test(arguments: [(72 as Int32, EngineError.Code.outOfMemory), (73, .stackOverflow), (65, .exited)])
    func knowsWhyAWorkerEndedItself(_ status: Int32, _ code: EngineError.Code) throws {
        let worker = try FakeWorker("hello(); receive(); os.write(2, b'last'); os._exit(\(status))")
        let error = try #require(failure(of: worker))
        #expect(error.code == code)
        #expect(error.exitStatus == .engine)
        #expect(error.message.hasSuffix("its last words: last"))
    }

    @Test func endsAnAnswerWhoseFirstTokenTakesTooLong() throws {
        let worker = try FakeWorker(
            """
            hello(); receive(); channel.settimeout(0.1); late = True
            while late:
                send({"alive": {}})
                try:
                    late = "cancel" not in receive()
                except TimeoutError:
                    pass
            channel.settimeout(None); send(finished); receive(); send(description)
            """)
        let session = try EngineSession(engine: worker.path)
        let error = #expect(throws: EngineError.self) {
            _ = try session.generate(
                GenerateRequest(prompt: .raw(text: "x")), firstTokenWithin: .milliseconds(400)
            ) { _ in }
        }
        #expect(error?.code == .noFirstToken)
        #expect(error?.exitStatus == .engine)
        #expect(try session.describe().linkedVersion == "1", "the session goes on")
    }

    @Test func anAnswerInTimeMayTakeLonger() throws {
        let worker = try FakeWorker(
            """
            hello(); receive(); send({"promptProcessed": {"tokens": 1, "cached": 0}})
            for _ in range(6):
                time.sleep(0.1); send({"alive": {}})
            send(finished)
            """)
        let session = try EngineSession(engine: worker.path)
        let request = GenerateRequest(prompt: .raw(text: "x"))
        #expect(try session.generate(request, firstTokenWithin: .milliseconds(300)) { _ in }.seed == 1)
    }

    @Test func keepsTheEndOfALongComplaint() throws {
        let worker = try FakeWorker("hello(); receive(); os.write(2, b'x' * 300000 + b'end'); sys.exit(3)")
        let error = try #require(failure(of: worker))
        #expect(error.code == .exited)
        #expect(error.message.contains("status 3"))
        #expect(error.message.hasSuffix("xend"))
        #expect(error.message.utf8.count < 9 << 10)
    }

    @Test func killsAWorkerThatIsSilent() throws {
        let worker = try FakeWorker(
            "open(here + '/pid', 'w').write(str(os.getpid())); hello(); receive(); time.sleep(600)")
        let error = try #require(failure(of: worker, hangLimit: .seconds(2)))
        #expect(error.code == .hung)
        #expect(error.exitStatus == .engine)
        let process = try #require(pid_t(try worker.note("pid")))
        #expect(kill(process, 0) == -1 && errno == ESRCH, "neither running nor a zombie")
    }

    @Test func killsAWorkerThatTakesNoRequests() throws {
        let worker = try FakeWorker("hello(); time.sleep(600)")
        let error = failure(of: worker, hangLimit: .seconds(2)) { session in
            let prompt = String(repeating: "x", count: 4 << 20)
            _ = try session.generate(GenerateRequest(prompt: .raw(text: prompt))) { _ in }
        }
        #expect(error?.code == .hung)
    }

    @Test func waitsForAWorkerThatShowsLife() throws {
        let worker = try FakeWorker(
            """
            hello(); receive()
            for _ in range(12):
                time.sleep(0.25); send({"alive": {}})
            send(description)
            """)
        let session = try EngineSession(engine: worker.path, hangLimit: .seconds(2))
        #expect(try session.describe().linkedVersion == "1")
    }

    @Test(arguments: [
        "channel.sendall(bytes(range(256)))", "channel.sendall(b'\\xff\\xff\\xff\\xff')", "send_bytes(b'no json')",
        "send({'unknown': {}})", "send({'alive': {}, 'text': {}})", "hello()",
        "send({'finished': {}})", "send({'loading': {'fraction': 1}})", "send_bytes(b'[' * 1000000)",
    ])
    func refusesGarbage(_ garbage: String) throws {
        let worker = try FakeWorker("hello(); receive(); \(garbage); time.sleep(600)")
        let error = try #require(failure(of: worker))
        #expect(error.code == .protocolViolation)
        #expect(error.exitStatus == .engine)
    }

    @Test func refusesGarbageInPlaceOfAGreeting() throws {
        #expect(
            failure(of: try FakeWorker("send({'alive': {}}); send(description); time.sleep(600)"))?.code
                == .protocolViolation)
        #expect(failure(of: try FakeWorker("sys.exit(0)"))?.code == .exited)
    }

    @Test func refusesAnotherProtocol() throws {
        let worker = try FakeWorker("send({'hello': {'protocolVersion': 2, 'engine': 'next'}}); time.sleep(600)")
        let error = try #require(failure(of: worker))
        #expect(error.code == .incompatible)
        #expect(error.message.contains("next"))
    }

    @Test func showsWhyTheEngineCouldNotStart() throws {
        let worker = try FakeWorker(
            "send({'failed': {'error': {'code': 'engine.no-backend', 'message': 'none\\x07', 'hint': 'h\\x07'}}})")
        let error = try #require(failure(of: worker))
        #expect(error == EngineError(.noBackend, "none\\u{7}", hint: "h\\u{7}"))
    }

    @Test func throwsTheSameErrorOnceTheWorkerIsGone() throws {
        let worker = try FakeWorker("hello(); receive(); sys.exit(5)")
        let session = try EngineSession(engine: worker.path)
        let first = #expect(throws: EngineError.self) { _ = try session.describe() }
        let second = #expect(throws: EngineError.self) { _ = try session.load(LoadRequest(modelPaths: ["/x"])) }
        #expect(first?.code == .exited)
        #expect(first == second)
    }

    @Test func refusesAProgramThatCannotRun() throws {
        let missing = #expect(throws: EngineError.self) {
            _ = try EngineSession(engine: "/nonexistent/baigo-engine")
        }
        #expect(missing?.code == .cannotStart)
        let noProgram = #expect(throws: EngineError.self) { _ = try EngineSession(engine: "/etc/passwd") }
        #expect(noProgram?.code == .cannotStart)
        #expect(noProgram?.exitStatus == .engine)
    }

    @Test func endsTheCallOfACancelledTaskAlthoughTheWorkerHangs() async throws {
        let worker = try FakeWorker(
            """
            open(here + '/pid', 'w').write(str(os.getpid())); hello(); receive()
            send({"text": {"delta": {"channel": "content", "text": "started"}}})
            time.sleep(600)
            """)
        let session = try EngineSession(engine: worker.path)
        let started = DispatchSemaphore(value: 0)
        let task = Task.detached {
            try session.generate(GenerateRequest(prompt: .raw(text: "x"))) { _ in started.signal() }
        }
        // A thread of its own, because other tests may keep those of all tasks for minutes.
        Thread.detachNewThread {
            started.wait()
            task.cancel()
        }
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        let process = try #require(pid_t(try worker.note("pid")))
        #expect(kill(process, 0) == -1)
        let error = #expect(throws: EngineError.self) { _ = try session.describe() }
        #expect(error?.code == .closed)
    }

    @Test func closingEndsAWorkerThatIgnoresTheEnd() throws {
        let worker = try FakeWorker("open(here + '/pid', 'w').write(str(os.getpid())); hello(); time.sleep(600)")
        let session = try EngineSession(engine: worker.path)
        session.close()
        let process = try #require(pid_t(try worker.note("pid")))
        #expect(kill(process, 0) == -1 && errno == ESRCH)
        let error = #expect(throws: EngineError.self) { _ = try session.describe() }
        #expect(error?.code == .closed)
    }
}
