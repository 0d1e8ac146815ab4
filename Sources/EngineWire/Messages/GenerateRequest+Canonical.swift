// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

extension GenerateRequest {
    /// The request as JSON with its keys in order: equal requests have equal bytes, from one release to the next.
    ///
    /// - Throws: `FrameError` `malformed` when a number is not finite.
    package var canonicalBytes: [UInt8] {
        get throws(FrameError) {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            do { return Array(try encoder.encode(self)) } catch { throw .malformed(reason: String(describing: error)) }
        }
    }
}
