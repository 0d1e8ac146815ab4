// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

extension FileStatus {
    /// What is at a path; links are followed.
    ///
    /// - Throws: `FileError`; `notFound` where nothing is, or where a link leads nowhere.
    package static func of(_ path: FilePath) throws(FileError) -> FileStatus {
        var info = stat()
        guard path.withPlatformString({ stat($0, &info) }) == 0 else {
            throw FileError(.lastError, while: "look at", path.string)
        }
        return FileStatus(info)
    }
}
