// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import SystemPackage

extension Folder {
    /// Makes a folder that only this user can enter, under a name that was free.
    ///
    /// The C library's mkdtemp(3) chooses the name and makes the folder in one step, which the packages of Swift do not
    /// offer: nobody can put something in its place, and the path stays short enough for the sockets of gpg.
    ///
    /// - Parameters:
    ///   - parent: Where it stands.
    ///   - prefix: What its name starts with.
    /// - Returns: Its path.
    /// - Throws: `FileError`.
    package static func makeTemporary(in parent: FilePath, prefix: String) throws(FileError) -> FilePath {
        // mkdtemp writes the name over these six letters.
        var template = Array(parent.appending("\(prefix)XXXXXX").string.utf8CString)
        guard let made = mkdtemp(&template) else {
            throw FileError(.lastError, while: "make a temporary folder in", parent.string)
        }
        return FilePath(platformString: made)
    }
}
