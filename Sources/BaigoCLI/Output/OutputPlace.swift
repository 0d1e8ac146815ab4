// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit
internal import SystemPackage

/// Keeps a command from writing over what it reads, or into it.
enum OutputPlace {
    /// Refuses a target that is one of the files that are read, or that lies in a folder that is.
    ///
    /// Links are followed, and other names of one file are found by device and inode. What is not there is no source.
    ///
    /// - Parameters:
    ///   - target: What will be written; `-` for standard output.
    ///   - sources: Files and folders that are read.
    /// - Throws: `BundleError`, code `invalidRequest`.
    static func check(_ target: String, reading sources: [String]) throws {
        guard target != "-" else { return }
        let places = try around(FilePath(target))
        for source in sources where source != "-" {
            // What cannot be looked at is told of where it is read.
            guard let read = try? FileStatus.of(FilePath(source)), places.contains(where: read.isSameFile) else {
                continue
            }
            let shown = target.escapedForTerminal
            guard read.kind == .folder else {
                throw BundleError(.invalidRequest, "\(shown) is also what is read", hint: "Choose another name.")
            }
            throw BundleError(
                .invalidRequest, "\(shown) is in \(source.escapedForTerminal), which is what is read",
                hint: "Choose a place outside of it.")
        }
    }

    /// Refuses what is there and no regular file: a device is not to be replaced by one.
    ///
    /// - Returns: Whether a file is there.
    /// - Throws: `FileError`, code `wrongPlace`.
    static func isTaken(_ name: String, in folder: Folder, shown path: String) throws(FileError) -> Bool {
        guard let present = try folder.status(of: name) else { return false }
        guard present.kind == .regular else {
            throw FileError(
                .wrongPlace, "\(path.escapedForTerminal) is not a regular file", hint: "Name another file.")
        }
        return true
    }

    /// The target itself, where it is there, and the folders that it lies in.
    private static func around(_ target: FilePath) throws(FileError) -> [FileStatus] {
        [try? FileStatus.of(target)].compactMap(\.self)
            + (try WrittenPlace(folder: target.removingLastComponent()).existing)
    }
}
