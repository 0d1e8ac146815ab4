// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import CGPGME
internal import Glibc

/// Waits for one operation of one context, so that it can be ended by cancellation of the task or by a time limit.
///
/// Everything happens on the caller's thread; GPGME's own waiting for a started operation may serve only one thread of
/// the process.
///
/// Source: the GPGME manual, section "Using External Event Loops".
final class GPGEventLoop {
    /// A descriptor that GPGME wants to hear of.
    private final class Watch {
        let descriptor: CInt
        let isReading: Bool
        let call: gpgme_io_cb_t
        let data: UnsafeMutableRawPointer?
        unowned let loop: GPGEventLoop

        init(
            _ descriptor: CInt, isReading: Bool, call: @escaping gpgme_io_cb_t, data: UnsafeMutableRawPointer?,
            loop: GPGEventLoop
        ) {
            self.descriptor = descriptor
            self.isReading = isReading
            self.call = call
            self.data = data
            self.loop = loop
        }
    }

    /// How an operation ended.
    enum Ending {
        case done(gpgme_error_t)
        /// The time was over.
        case late
    }

    /// How often cancellation is looked for.
    private static let tickMilliseconds: CInt = 100

    private let context: GPGContext
    private var watches: [Watch] = []
    private var result: gpgme_error_t?

    /// Prepares a context for one operation.
    init(_ context: GPGContext) {
        self.context = context
    }

    /// Runs an operation to its end.
    ///
    /// - Parameters:
    ///   - limit: How long it may take; `nil` for as long as it takes.
    ///   - start: Starts the operation and returns what GPGME says of that.
    /// - Returns: How it ended.
    /// - Throws: `CancellationError`.
    func run(atMost limit: Duration?, _ start: () -> gpgme_error_t) throws -> Ending {
        let own = Unmanaged.passUnretained(self).toOpaque()
        var callbacks = gpgme_io_cbs(
            add: Self.add, add_priv: own, remove: Self.remove, event: Self.event, event_priv: own)
        gpgme_set_io_cbs(context.raw, &callbacks)
        let error = start()
        guard gpgme_err_code(error) == GPG_ERR_NO_ERROR else { return .done(error) }
        let end = limit.map { ContinuousClock.now.advanced(by: $0) }
        return try withExtendedLifetime(self) {
            while result == nil {
                if Task.isCancelled { gpgme_cancel(context.raw) }
                try Task.checkCancellation()
                if let end, ContinuousClock.now >= end {
                    gpgme_cancel(context.raw)
                    return .late
                }
                serve()
            }
            return .done(result ?? 0)
        }
    }

    private func serve() {
        let asked = watches
        var list = asked.map { pollfd(fd: $0.descriptor, events: Int16($0.isReading ? POLLIN : POLLOUT), revents: 0) }
        guard poll(&list, nfds_t(list.count), Self.tickMilliseconds) > 0 else { return }
        for (watch, entry) in zip(asked, list) where entry.revents != 0 && watches.contains(where: { $0 === watch }) {
            // What goes wrong is told by the event that ends the operation.
            _ = watch.call(watch.data, watch.descriptor)
        }
    }

    private static let add: gpgme_register_io_cb_t = { own, descriptor, direction, call, data, tag in
        guard let own, let call, let tag else { return gpgme_err_make(GPG_ERR_SOURCE_USER_1, GPG_ERR_INV_VALUE) }
        let loop = Unmanaged<GPGEventLoop>.fromOpaque(own).takeUnretainedValue()
        let watch = Watch(descriptor, isReading: direction != 0, call: call, data: data, loop: loop)
        loop.watches.append(watch)
        // `remove` releases it.
        tag.pointee = Unmanaged.passRetained(watch).toOpaque()
        return 0
    }

    private static let remove: gpgme_remove_io_cb_t = { tag in
        guard let tag else { return }
        let watch = Unmanaged<Watch>.fromOpaque(tag).takeRetainedValue()
        watch.loop.watches.removeAll { $0 === watch }
    }

    private static let event: gpgme_event_io_cb_t = { own, type, data in
        guard let own, type == GPGME_EVENT_DONE else { return }
        let loop = Unmanaged<GPGEventLoop>.fromOpaque(own).takeUnretainedValue()
        guard let ended = data?.assumingMemoryBound(to: gpgme_io_event_done_data.self).pointee else { return }
        loop.result = ended.err != 0 ? ended.err : ended.op_err
    }
}
