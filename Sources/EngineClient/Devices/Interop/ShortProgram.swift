// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc
internal import SystemPackage

/// A program of the system that tells something and ends.
enum ShortProgram {
    private static let keptBytes = 64 << 10

    /// Runs a program without a shell.
    ///
    /// - Parameters:
    ///   - program: Its path.
    ///   - arguments: What it is given.
    ///   - limit: After this it is killed.
    /// - Returns: The start of its standard output; `nil` when it is not there, fails or takes too long.
    static func output(of program: FilePath, _ arguments: [String], within limit: Duration) -> String? {
        guard let (process, reading) = start(program, arguments) else { return nil }
        let output = drain(reading, until: .now + limit)
        if output == nil { kill(process, SIGKILL) }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status == 0 ? output : nil
    }

    /// Everything up to the end of the output; `nil` when that does not come in time.
    private static func drain(_ reading: OwnedDescriptor, until deadline: ContinuousClock.Instant) -> String? {
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while ContinuousClock.now < deadline {
            var poll = pollfd(fd: reading.raw, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, 50) > 0 else { continue }
            let count = read(reading.raw, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: output, as: UTF8.self) }
            output += buffer.prefix(min(count, keptBytes - output.count))
        }
        return nil
    }

    /// Starts the program; nothing here keeps the other end of its output open.
    private static func start(_ program: FilePath, _ arguments: [String]) -> (pid_t, OwnedDescriptor)? {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        let reading = OwnedDescriptor(owning: ends[0], path: program.string)
        let writing = OwnedDescriptor(owning: ends[1], path: program.string)
        guard fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0 else { return nil }
        return withExtendedLifetime(writing) {
            spawn(program, arguments, output: writing.raw).map { ($0, reading) }
        }
    }

    private static func spawn(_ program: FilePath, _ arguments: [String], output: CInt) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        let words = ([program.string] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process = pid_t()
        return posix_spawn(&process, program.string, &actions, nil, words, environ) == 0 ? process : nil
    }
}
