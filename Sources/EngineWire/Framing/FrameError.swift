// SPDX-License-Identifier: Apache-2.0

/// Bytes of the other side that are no message.
package enum FrameError: Error, Equatable, Sendable {
    /// A frame announces more bytes than allowed, or none.
    case badLength(announced: UInt32, limit: Int)
    /// The bytes of a frame are not a message of the expected type.
    case malformed(reason: String)
    /// A message is larger than the other side accepts.
    case tooLarge(bytes: Int, limit: Int)
}
