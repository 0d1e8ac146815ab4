// SPDX-License-Identifier: Apache-2.0

/// Which baigo this is.
package enum BaigoRelease {
    /// Semantic version.
    package static let version = "0.1.0"
    /// Name and version, as packages and receipts record their maker.
    package static let product = "baigo " + version
    /// The day of the release; a system clock before it is wrong.
    package static let date = Timestamp(secondsSinceEpoch: 1_795_219_200)
}
