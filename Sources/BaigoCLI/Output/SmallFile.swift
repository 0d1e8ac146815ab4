// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// Small files that a command writes where a person asks for them.
enum SmallFile {
    /// Puts a file in place whole, readable for everybody.
    ///
    /// - Parameters:
    ///   - bytes: Its content.
    ///   - path: Its name.
    ///   - isReplacing: Whether a file of that name may be there.
    ///   - sources: Files and folders that the command reads.
    /// - Throws: `FileError`, code `exists` or `wrongPlace`, and what the system says; `CLIError` for a path that names
    ///   no file; `BundleError`, code `invalidRequest`, for one that is read.
    static func write(
        _ bytes: [UInt8], to path: String, replacing isReplacing: Bool, reading sources: [String]
    ) throws {
        let (folder, name) = try place(path)
        try OutputPlace.check(path, reading: sources)
        guard try !OutputPlace.isTaken(name, in: folder, shown: path) || isReplacing else {
            throw FileError(
                .exists, "\(path.escapedForTerminal) exists already", hint: "Name another file, or use --force.")
        }
        try folder.publish(bytes, as: name, mode: 0o644)
    }

    /// Folder and name of a file that is to be written.
    ///
    /// - Throws: `CLIError` for a path that names no file; `FileError`.
    static func place(_ path: String) throws -> (folder: Folder, name: String) {
        let place = FilePath(path)
        guard let name = place.lastComponent, name.kind == .regular, !path.hasSuffix("/") else {
            throw CLIError(.usage, "\(path.escapedForOneLine) names no file", hint: "Name the file to write.")
        }
        let parent = place.removingLastComponent()
        return (try Folder.open(parent.isEmpty ? "." : parent), name.string)
    }
}
