// SPDX-License-Identifier: Apache-2.0

package import BaigoCore
package import SystemPackage

/// A folder of a test's own, removed with everything in it when this object goes.
package final class TemporaryFolder: Sendable {
    /// Absolute, without links.
    package let path: FilePath

    /// Makes an empty folder in `parent` that only this user can enter.
    ///
    /// - Throws: `FileError`.
    package init(in parent: FilePath = "/tmp", prefix: String = "baigo-test-") throws(FileError) {
        path = try Folder.makeTemporary(in: parent, prefix: prefix)
    }

    deinit {
        guard let name = path.lastComponent else { return }
        // What a test made unwritable or mounted is its own affair; a rest fails no test.
        try? Folder.open(path.removingLastComponent()).removeTree(name.string)
    }

    /// The folder, open.
    ///
    /// - Throws: `FileError`.
    package func open() throws(FileError) -> Folder { try Folder.open(path) }
}
