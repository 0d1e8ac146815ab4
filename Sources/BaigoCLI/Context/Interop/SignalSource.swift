// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc

/// One signal as a source of events.
// Safety: unchecked only because Dispatch declares its sources without Sendable; they may be used from any thread, and
// both members are set once and never changed.
final class SignalSource: @unchecked Sendable {
    private let source: any DispatchSourceSignal
    let number: CInt

    init(_ number: CInt) {
        self.number = number
        source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    }

    /// Whether the process ignores a signal.
    static func isIgnored(_ number: CInt) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    func start(_ handler: @escaping @Sendable () -> Void) {
        signal(number, SIG_IGN)
        source.setEventHandler(handler: handler)
        source.resume()
    }
}
