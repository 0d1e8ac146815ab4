// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import Glibc

/// Non-blocking transfers with a worker.
enum WorkerSocket {
    /// What arrived.
    enum Arrival {
        case bytes(ArraySlice<UInt8>)
        case nothingYet
        case end
    }

    /// Takes what has arrived on a descriptor, at most 64 KiB.
    static func receive(from descriptor: OwnedDescriptor) -> Arrival {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor.raw, &buffer, buffer.count, 0)
            if count > 0 { return .bytes(buffer[..<count]) }
            if count == 0 { return .end }
            if errno == EAGAIN || errno == EWOULDBLOCK { return .nothingYet }
            guard errno == EINTR else { return .end }
        }
    }

    /// Sends what the other side takes now.
    ///
    /// - Returns: Number of bytes, 0 when it takes none now; `nil` when it is gone.
    static func send(_ bytes: ArraySlice<UInt8>, to descriptor: OwnedDescriptor) -> Int? {
        while true {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 { return count }
            if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
            guard errno == EINTR else { return nil }
        }
    }

    /// Waits until something arrives on one of two descriptors.
    ///
    /// - Returns: Whether something did; `false` after the time.
    static func waitForArrival(on first: OwnedDescriptor, or second: OwnedDescriptor?, milliseconds: Int32) -> Bool {
        // A negative number is skipped by poll.
        var waiting = [
            pollfd(fd: first.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: second?.raw ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        return poll(&waiting, nfds_t(waiting.count), milliseconds) > 0
    }

    /// Waits until a descriptor takes bytes.
    ///
    /// - Returns: Whether it does; `false` after the time.
    static func waitForRoom(on descriptor: OwnedDescriptor, milliseconds: Int32) -> Bool {
        var waiting = pollfd(fd: descriptor.raw, events: Int16(POLLOUT), revents: 0)
        return poll(&waiting, 1, milliseconds) > 0
    }

    /// Ends both directions, so that the other side sees the end; the descriptor stays valid.
    static func shutDown(_ descriptor: OwnedDescriptor) {
        _ = shutdown(descriptor.raw, Int32(SHUT_RDWR))
    }
}
