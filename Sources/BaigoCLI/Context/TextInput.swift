// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// Text that a person names: a file, or the text itself.
enum TextInput {
    /// The whole text of a file.
    ///
    /// - Throws: `FileError`; `CLIError` for a file that is too long or not UTF-8.
    static func contents(of path: String) throws -> String {
        var reader = LineReader(
            try OwnedDescriptor.open(reading: FilePath(path)), named: path.escapedForOneLine)
        return try reader.rest()
    }

    /// The text of a file, or what was given where that is the text itself.
    ///
    /// - Parameters:
    ///   - value: A path, or a text.
    ///   - isText: Whether it is a text.
    /// - Returns: The text.
    /// - Throws: As `contents(of:)`.
    static func contents(of value: String, unless isText: (String) -> Bool) throws -> String {
        isText(value) ? value : try contents(of: value)
    }
}
