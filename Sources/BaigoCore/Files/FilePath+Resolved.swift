// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

extension FilePath {
    /// The absolute path without links, `.` and `..` of something that exists.
    ///
    /// - Throws: `FileError`.
    package func resolved() throws(FileError) -> FilePath {
        guard let raw = withPlatformString({ realpath($0, nil) }) else {
            throw FileError(.lastError, while: "look at", string)
        }
        defer { free(raw) }
        return FilePath(platformString: raw)
    }
}
