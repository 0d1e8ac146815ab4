// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

extension Folder {
    /// Opens the folder in which packages are kept while they are read.
    ///
    /// - Throws: `FileError`, code `wrongPlace` where there is none.
    static func open(spool path: FilePath) throws(FileError) -> Folder {
        do throws(FileError) {
            return try open(path)
        } catch {
            guard error.code == .notFound || error.code == .wrongType else { throw error }
            throw FileError(
                .wrongPlace, "TMPDIR is no folder for a copy of what is read: \(error.message)",
                hint: "Set TMPDIR to a folder that can be written.")
        }
    }
}
