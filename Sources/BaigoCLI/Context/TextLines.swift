// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import SystemPackage

/// Texts to work on: the arguments, else the lines of files, else the lines of standard input.
enum TextLines {
    /// Goes through the texts one by one; empty lines are left out.
    ///
    /// - Parameters:
    ///   - arguments: Texts that were given as arguments.
    ///   - files: Paths of files, one text a line.
    ///   - take: Takes each text.
    /// - Throws: `FileError`, `CLIError`, `CancellationError`, and what `take` throws.
    static func forEach(_ arguments: [String], files: [String], _ take: (String) throws -> Void) throws {
        for text in arguments { try take(text) }
        for path in files {
            var reader = LineReader(
                try OwnedDescriptor.open(reading: FilePath(path)), named: path.escapedForOneLine)
            while let line = try reader.next() { if !line.isEmpty { try take(line) } }
        }
        guard arguments.isEmpty, files.isEmpty else { return }
        var reader = LineReader(try OwnedDescriptor.duplicating(0, path: "standard input"))
        while let line = try reader.next() { if !line.isEmpty { try take(line) } }
    }
}
