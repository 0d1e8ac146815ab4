// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What a detached signature is over.
enum SignedDocument {
    case bytes([UInt8])
    /// A regular file, read from its start; its position moves.
    case file(OwnedDescriptor)
}
