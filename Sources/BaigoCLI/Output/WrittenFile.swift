// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

extension CommandContext {
    /// Reports on a file that is in place; where the report cannot be written, standard error says that the file is.
    ///
    /// - Parameters:
    ///   - path: The file; `-` for standard output.
    ///   - report: Writes the report.
    /// - Throws: What `report` throws.
    func reporting(on path: String, _ report: () throws -> Void) throws {
        do {
            try report()
        } catch {
            if path != "-" {
                // The error itself is to be told in any case.
                try? errorOutput.line(
                    "note: \(path.escapedForTerminal) is written and complete; the report of it is not")
            }
            throw error
        }
    }
}
