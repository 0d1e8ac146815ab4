// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// What a package holds at the most, whatever its container.
enum PackageLimit {
    /// Bytes of all files together: 2 EiB, so that every offset with headers and padding is a number of 63 bits.
    static let bytes = Int64.max / 4

    /// An error about the file that is too much.
    static func tooLarge(_ path: String) -> BundleError {
        BundleError(
            .invalidRequest,
            "\(path.escapedForOneLine) is too large: a package holds at most \(ByteCount(bytes)) together",
            hint: "Leave it out, or name another file.")
    }
}
