// SPDX-License-Identifier: Apache-2.0

internal import EngineWire
internal import Glibc
internal import Synchronization

/// The worker's end of the socket pair.
///
/// One thread receives; any thread sends.
final class RequestChannel: Sendable {
    private let socket: Int32
    private let sending = Mutex(())

    /// Takes a descriptor; `nil` when it is no connected socket.
    init?(socket: Int32) {
        var kind: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(socket, SOL_SOCKET, SO_TYPE, &kind, &size) == 0 else { return nil }
        self.socket = socket
    }

    /// Sends an event.
    ///
    /// A client that is gone, or an event that cannot be sent, ends the worker.
    func send(_ event: EngineEvent) {
        let frame: [UInt8]
        do {
            frame = try FrameWriter.frame(event, limit: FrameLimit.event)
        } catch {
            lastWords("cannot send an event: \(error)")
            _exit(WorkerExit.unsendable)
        }
        sending.withLock { _ in
            var sent = 0
            while sent < frame.count {
                let count = frame.withUnsafeBytes { bytes in
                    Glibc.send(socket, bytes.baseAddress.map { $0 + sent }, frame.count - sent, Int32(MSG_NOSIGNAL))
                }
                if count > 0 {
                    sent += count
                } else if errno != EINTR {
                    _exit(0)
                }
            }
        }
    }

    /// Receives requests until the client closes its end.
    ///
    /// - Throws: `FrameError` when what arrives is no request.
    func receive(_ take: (EngineRequest) -> Void) throws(FrameError) {
        var reader = FrameReader(limit: FrameLimit.request)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            reader.append(buffer[..<count])
            while let request = try reader.next(EngineRequest.self) { take(request) }
        }
    }
}
