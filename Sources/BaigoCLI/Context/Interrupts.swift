// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
internal import Glibc
internal import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into cancellation of the running command.
///
/// The signals are blocked from their default action and read by Dispatch, so nothing runs in a signal handler. A
/// command that gives an interrupt a meaning of its own (a conversation stops its answer) takes it with
/// `onInterrupt`.
package final class Interrupts: Sendable {
    private struct State {
        var received: ExitStatus?
        var cancel: (@Sendable () -> Void)?
        var onInterrupt: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let sources: [SignalSource]

    /// Makes an object that no signal reaches, for commands that run inside tests.
    package init() {
        sources = []
    }

    private init(watching numbers: [CInt]) {
        sources = numbers.map { SignalSource($0) }
        for source in sources { source.start { [weak self] in self?.arrived(source.number) } }
    }

    /// Takes over SIGINT, SIGTERM and SIGHUP of this process, and ignores SIGPIPE.
    ///
    /// A SIGHUP that was ignored before stays so: `nohup` starts programs that way.
    package static func ofProcess() -> Interrupts {
        signal(SIGPIPE, SIG_IGN)
        return Interrupts(watching: [SIGINT, SIGTERM] + (SignalSource.isIgnored(SIGHUP) ? [] : [SIGHUP]))
    }

    private func arrived(_ number: CInt) {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            if number == SIGINT, let handler = state.onInterrupt { return handler }
            if state.received != nil { signal(number, SIG_DFL) }
            state.received = Self.status(of: number)
            return state.cancel
        }
        action?()
    }

    private static func status(of number: CInt) -> ExitStatus {
        switch number {
        case SIGHUP: .hungUp
        case SIGINT: .interrupted
        default: .terminated
        }
    }

    /// The status of a command that a signal ended; `nil` where none arrived.
    package var received: ExitStatus? { state.withLock(\.received) }

    /// Says how the running command is cancelled.
    package func cancelling(with action: @escaping @Sendable () -> Void) {
        let late = state.withLock { state in
            state.cancel = action
            return state.received != nil
        }
        if late { action() }
    }

    /// Gives interrupts another meaning while `body` runs.
    package func withHandler<Result>(
        _ handler: @escaping @Sendable () -> Void, _ body: () throws -> Result
    ) rethrows -> Result {
        state.withLock { $0.onInterrupt = handler }
        defer { state.withLock { $0.onInterrupt = nil } }
        return try body()
    }
}
