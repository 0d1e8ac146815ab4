// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// Cuts a stream of bytes into messages.
///
/// A frame is a length (unsigned, 32 bits, little-endian, 1 to the limit) and that many bytes of JSON. Memory
/// grows with what arrived, never with what a length announces.
package struct FrameReader: Sendable {
    private let limit: Int
    private var buffer: [UInt8] = []
    private var start = 0

    /// Makes an empty reader.
    ///
    /// - Parameter limit: The most bytes that a frame may have, see `FrameLimit`.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Whether part of a message is waiting for the rest.
    package var hasPartialFrame: Bool { start < buffer.count }

    /// Takes bytes as they arrived.
    package mutating func append(_ bytes: some Sequence<UInt8>) {
        if start > 0, start == buffer.count || start > 1 << 16 {
            buffer.removeSubrange(..<start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// Takes the next whole message out.
    ///
    /// - Parameter type: What the message must be.
    /// - Returns: The message; `nil` when more bytes are needed.
    /// - Throws: `FrameError` `badLength` or `malformed`; the stream is of no use after that.
    package mutating func next<Message: Decodable>(_ type: Message.Type) throws(FrameError) -> Message? {
        guard buffer.count - start >= 4 else { return nil }
        let announced = (0..<4).reduce(UInt32(0)) { $0 | UInt32(buffer[start + $1]) << (8 * UInt32($1)) }
        guard announced > 0, announced <= limit else { throw .badLength(announced: announced, limit: limit) }
        let bodyStart = start + 4
        let bodyEnd = bodyStart + Int(announced)
        guard buffer.count >= bodyEnd else { return nil }
        let body = Data(buffer[bodyStart..<bodyEnd])
        start = bodyEnd
        do {
            return try JSONDecoder().decode(type, from: body)
        } catch {
            throw .malformed(reason: String(describing: error))
        }
    }
}
