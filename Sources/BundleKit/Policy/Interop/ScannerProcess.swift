// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CKeeper
internal import Glibc
package import SystemPackage

/// A program that runs without a shell, in a session of its own, its output taken in part.
///
/// Everything it started ends with it: its group, and what left the group but kept its environment. A keeper between
/// the two ends all of them when this process dies; it has the program's number here, and ends as the program does.
package final class ScannerProcess {
    /// How the program ended.
    package enum Ending: Equatable {
        case exited(status: Int32)
        case killed(signal: Int32)
        case timedOut
    }

    /// Bytes of the output that are kept.
    static let keptBytes = 16 << 10
    private static let mark = "BAIGO_SCAN"
    /// How often what is left is looked for, at most.
    private static let rounds = 400

    private let process: pid_t
    private let reading: OwnedDescriptor
    private let token: String
    private var status: Int32?
    /// The start of standard output and error.
    package private(set) var output: [UInt8] = []
    /// Bytes of standard output and error.
    private(set) var outputBytes: Int64 = 0

    /// Starts a program; it ends with the thread that calls this, which so has to be the one that waits.
    ///
    /// - Parameters:
    ///   - command: Absolute path and arguments.
    ///   - environment: All variables it gets.
    /// - Throws: `Errno`.
    package init(_ command: [String], environment: [String: String]) throws(Errno) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .lastError }
        reading = OwnedDescriptor(owning: ends[0], path: "scanner")
        let writing = OwnedDescriptor(owning: ends[1], path: "scanner")
        guard fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0, fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0,
            fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0
        else { throw .lastError }
        token = "\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let variables = environment.merging([Self.mark: token]) { $1 }.map { "\($0.key)=\($0.value)" }
        process = try withExtendedLifetime(writing) { () throws(Errno) in
            try Self.spawn(command, variables.sorted(), output: writing.raw)
        }
    }

    deinit { end() }

    /// Waits for the program's end.
    ///
    /// - Parameter timeout: After this it is killed.
    /// - Returns: How it ended.
    /// - Throws: `CancellationError`, when the program is killed too.
    package func wait(timeout: Duration) throws -> Ending {
        defer { end() }
        let deadline = ContinuousClock.now + timeout
        while true {
            drain(waitingMilliseconds: 50)
            if let ending = reap(blocking: false) {
                drain(waitingMilliseconds: 0)
                return ending
            }
            try Task.checkCancellation()
            guard ContinuousClock.now < deadline else { return .timedOut }
        }
    }

    private func reap(blocking: Bool) -> Ending? {
        if status == nil {
            var found: Int32 = 0
            var result = pid_t()
            repeat { result = waitpid(process, &found, blocking ? 0 : WNOHANG) } while result < 0 && errno == EINTR
            guard result == process else { return nil }
            status = found
        }
        guard let status else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? .exited(status: status >> 8 & 0xFF) : .killed(signal: signal)
    }

    /// Ends the program with everything it started.
    private func end() {
        if status == nil {
            kill(process, SIGKILL)
        }
        kill(-process, SIGKILL)
        // What is killed takes a moment to die, and may have started something just before.
        for _ in 0..<Self.rounds {
            let strays = Self.processes(marked: "\(Self.mark)=\(token)")
            if strays.isEmpty { break }
            for stray in strays { kill(stray, SIGKILL) }
            usleep(5000)
        }
        _ = reap(blocking: true)
    }

    /// Processes whose environment holds a variable.
    private static func processes(marked variable: String) -> [pid_t] {
        guard let folder = try? Folder.open("/proc"), let names = try? folder.names() else { return [] }
        let wanted = Array(variable.utf8)
        return names.compactMap { name in
            guard let number = pid_t(name), number != getpid(), let place = try? folder.folder(name),
                let bytes = try? place.file(reading: "environ").nextBytes(atMost: 1 << 16),
                bytes.split(separator: 0).contains(where: { $0.elementsEqual(wanted) })
            else { return nil }
            return number
        }
    }

    private func drain(waitingMilliseconds: Int32) {
        var poll = pollfd(fd: reading.raw, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, waitingMilliseconds) > 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        // A program that writes without end must not keep the clock from being looked at.
        for _ in 0..<64 {
            let count = read(reading.raw, &buffer, buffer.count)
            guard count > 0 else {
                // At the end of the output there is nothing to wait for but the program itself.
                if count == 0, waitingMilliseconds > 0 { usleep(useconds_t(waitingMilliseconds) * 1000) }
                return
            }
            outputBytes += Int64(count)
            output += buffer.prefix(min(count, Self.keptBytes - output.count))
        }
    }

    private static func spawn(_ command: [String], _ environment: [String], output: CInt) throws(Errno) -> pid_t {
        let arguments = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        let process = baigo_keep(command[0], arguments, variables, output)
        guard process > 0 else { throw .lastError }
        return process
    }
}

extension OwnedDescriptor {
    /// Bytes of a file of `/proc`, whose size the system does not tell.
    fileprivate func nextBytes(atMost count: Int) throws(FileError) -> [UInt8] {
        try bytes(at: 0, count: count)
    }
}
