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
    /// - Throws: `FileError`, code `exists` or `wrongType`, and what the system says; `CLIError` for a path that names
    ///   no file.
    static func write(_ bytes: [UInt8], to path: String, replacing isReplacing: Bool) throws {
        let place = FilePath(path)
        guard let name = place.lastComponent, name.kind == .regular, !path.hasSuffix("/") else {
            throw CLIError(.usage, "\(path.escapedForOneLine) names no file", hint: "Name the file to write.")
        }
        let parent = place.removingLastComponent()
        let folder = try Folder.open(parent.isEmpty ? "." : parent)
        if let present = try folder.status(of: name.string) {
            guard present.kind == .regular else {
                throw FileError(
                    .wrongType, "\(path.escapedForTerminal) is not a regular file", hint: "Name another file.")
            }
            guard isReplacing else {
                throw FileError(
                    .exists, "\(path.escapedForTerminal) exists already", hint: "Name another file, or use --force.")
            }
        }
        try folder.publish(bytes, as: name.string, mode: 0o644)
    }
}
