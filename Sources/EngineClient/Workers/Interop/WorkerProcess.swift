// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Dispatch
internal import EngineWire
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// One running worker and the ends of its channels.
///
/// A thread of its own starts the process and waits for it: the kernel binds the worker's life to the thread that
/// started it, and a worker that ended never stays behind as a zombie.
final class WorkerProcess: Sendable {
    /// How a worker ended.
    enum Ending: Sendable, Equatable {
        case exited(status: Int32)
        /// By a signal; `memoryRanOut` says whether the kernel ended a process for want of memory meanwhile.
        case killed(signal: Int32, memoryRanOut: Bool)
    }

    /// Our end of the socket pair; it does not block.
    let socket: OwnedDescriptor
    /// Our end of the worker's standard output and error; it does not block.
    let errorOutput: OwnedDescriptor

    private let keeper: Keeper

    /// Starts a worker.
    ///
    /// - Parameter program: The worker's program; it gets the other end of the socket pair as standard input.
    /// - Throws: `EngineError`, code `cannotStart`.
    init(program: FilePath) throws(EngineError) {
        let shown = program.string.escapedForOneLine
        let (socket, workerSocket) = try Self.makeSocketPair(for: shown)
        let (errorOutput, workerErrors) = try Self.makeSocketPair(for: shown)
        keeper = Keeper()
        self.socket = socket
        self.errorOutput = errorOutput
        // The worker's ends must be closed here once it has them, or its death would not show: the thread, which
        // lives as long as the worker, gets numbers.
        let failure = withExtendedLifetime((workerSocket, workerErrors)) {
            let (input, output) = (workerSocket.raw, workerErrors.raw)
            return keeper.start { spawn(program, input: input, output: output) }
        }
        if let failure {
            throw EngineError(
                .cannotStart, "cannot start the engine \(shown): \(failure)",
                hint: "Check that it is a program for this machine.")
        }
    }

    deinit { kill() }

    /// How the worker ended.
    ///
    /// - Parameter wait: How long to wait for its end.
    /// - Returns: `nil` when it runs on.
    func ending(wait: Duration) -> Ending? { keeper.ending(wait: wait) }

    /// Ends the worker at once.
    func kill() { keeper.kill() }

    /// Two connected sockets, closed on exec; ours does not block.
    private static func makeSocketPair(
        for program: String
    ) throws(EngineError) -> (ours: OwnedDescriptor, workers: OwnedDescriptor) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw cannotStart(program) }
        let pair = (OwnedDescriptor(owning: ends[0], path: "engine"), OwnedDescriptor(owning: ends[1], path: "engine"))
        guard fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 else { throw cannotStart(program) }
        return pair
    }

    private static func cannotStart(_ program: String) -> EngineError {
        let reason = Errno(rawValue: errno).description
        return EngineError(
            .cannotStart, "cannot start the engine \(program): \(reason)", hint: "Close other programs and try again.")
    }
}

/// Starts a program with one socket as standard input, and another as standard output and error.
///
/// Interrupts of the terminal are for the client, which then ends the worker.
private func spawn(_ program: FilePath, input: Int32, output: Int32) -> Result<pid_t, Errno> {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
        posix_spawn_file_actions_destroy(&actions)
        posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
    var blocked = sigset_t()
    sigemptyset(&blocked)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&blocked, signal) }
    var standard = sigset_t()
    sigfillset(&standard)
    posix_spawnattr_setsigmask(&attributes, &blocked)
    posix_spawnattr_setsigdefault(&attributes, &standard)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var process = pid_t()
    let result = program.withPlatformString { path in
        let arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
        let environment = DriverEnvironment.forWorkers.map { strdup($0) } + [nil]
        defer { (arguments + environment).forEach { free($0) } }
        return posix_spawn(&process, path, &actions, &attributes, arguments, environment)
    }
    return result == 0 ? .success(process) : .failure(Errno(rawValue: result))
}

/// The thread that starts a process, waits for it and takes its status.
private final class Keeper: Sendable {
    private struct State {
        var start: Result<pid_t, Errno>?
        var ending: WorkerProcess.Ending?
    }

    private let state = Mutex(State())
    private let memoryKills = MemoryKills.count
    private let running = DispatchGroup()

    /// Starts the process on a new thread.
    ///
    /// - Returns: Why it did not start.
    func start(_ spawn: @escaping @Sendable () -> Result<pid_t, Errno>) -> Errno? {
        let decided = DispatchSemaphore(value: 0)
        running.enter()
        let hasThread = startDetachedThread { [self] in
            defer { running.leave() }
            let outcome = spawn()
            state.withLock { $0.start = outcome }
            decided.signal()
            if case .success(let process) = outcome { reap(process) }
        }
        guard hasThread else {
            running.leave()
            return .resourceTemporarilyUnavailable
        }
        decided.wait()
        return state.withLock { state in
            if case .failure(let reason) = state.start { reason } else { nil }
        }
    }

    func ending(wait: Duration) -> WorkerProcess.Ending? {
        let (seconds, attoseconds) = wait.components
        let nanoseconds = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        _ = running.wait(timeout: .now() + .nanoseconds(nanoseconds))
        return state.withLock { $0.ending }
    }

    func kill() {
        state.withLock { state in
            // As long as the status is not taken, the number cannot belong to another process.
            guard case .success(let process) = state.start, state.ending == nil else { return }
            _ = Glibc.kill(process, SIGKILL)
        }
    }

    private func reap(_ process: pid_t) {
        var information = siginfo_t()
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        state.withLock { state in
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            state.ending =
                signal == 0
                ? .exited(status: status >> 8 & 0xFF)
                : .killed(signal: signal, memoryRanOut: MemoryKills.count > memoryKills)
        }
    }
}
