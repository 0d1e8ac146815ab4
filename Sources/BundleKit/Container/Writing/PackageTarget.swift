// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import SystemPackage

/// Where a package is written to.
package enum PackageTarget: Sendable {
    /// A file that appears under its name when it is complete.
    ///
    /// - `replacing`: whether a file of that name may be there.
    /// - `readBack`: whether the result is hashed once more from the medium.
    case file(FilePath, replacing: Bool, readBack: Bool)
    /// A pipe.
    case stream(OwnedDescriptor)
}

/// A package that was written.
package struct WrittenPackage: Sendable, Equatable {
    package let manifest: Manifest
    /// The digest of the checksum list.
    package let identity: SHA256Digest
    package let content: SHA256Digest
    /// Bytes of the archive.
    package let size: ByteCount
    package let isSigned: Bool
}
