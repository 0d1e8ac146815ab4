// SPDX-License-Identifier: Apache-2.0

/// The most bytes that a frame may have after its length.
package enum FrameLimit {
    /// For requests, which carry prompts: 64 MiB.
    package static let request = 64 << 20
    /// For events: 16 MiB.
    package static let event = 16 << 20
}
