// SPDX-License-Identifier: Apache-2.0

internal import Dispatch
internal import Glibc

/// One signal as a source of events.
final class SignalSource: @unchecked Sendable {
    // Safety: `source` is made once and never changed; Dispatch objects may be used from any thread.
    private let source: any DispatchSourceSignal
    let number: CInt

    init(_ number: CInt) {
        self.number = number
        source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    }

    func start(_ handler: @escaping @Sendable () -> Void) {
        signal(number, SIG_IGN)
        source.setEventHandler(handler: handler)
        source.resume()
    }
}
