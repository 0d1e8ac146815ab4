// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// Turns messages into frames.
package enum FrameWriter {
    /// Encodes one message with its length in front.
    ///
    /// - Parameters:
    ///   - message: A request or an event.
    ///   - limit: The most bytes that the other side accepts, see `FrameLimit`.
    /// - Returns: The bytes to send.
    /// - Throws: `FrameError` `tooLarge`, or `malformed` when a number is not finite.
    package static func frame(_ message: some Encodable, limit: Int) throws(FrameError) -> [UInt8] {
        let body: Data
        do {
            body = try JSONEncoder().encode(message)
        } catch {
            throw .malformed(reason: String(describing: error))
        }
        guard body.count <= limit, let length = UInt32(exactly: body.count) else {
            throw .tooLarge(bytes: body.count, limit: limit)
        }
        var frame: [UInt8] = []
        frame.reserveCapacity(4 + body.count)
        withUnsafeBytes(of: length.littleEndian) { frame.append(contentsOf: $0) }
        frame.append(contentsOf: body)
        return frame
    }
}
