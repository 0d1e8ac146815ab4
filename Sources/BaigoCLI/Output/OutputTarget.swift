// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// Where text for a person or a script goes.
package protocol OutputTarget: Sendable {
    /// Writes bytes at once.
    ///
    /// - Throws: `FileError`, code `outputClosed`, when the reader went away, or takes nothing while the command is
    ///   cancelled.
    func write(_ bytes: [UInt8]) throws(FileError)
}

extension OutputTarget {
    /// Writes a text and an LF.
    func line(_ text: String) throws(FileError) { try write(Array((text + "\n").utf8)) }

    /// Writes a text as it is.
    func text(_ text: String) throws(FileError) { try write(Array(text.utf8)) }

    /// Writes warnings, a line each.
    func warnings(_ warnings: [Warning]) throws(FileError) {
        for warning in warnings { try line("warning: " + warning.message.escapedForTerminal) }
    }

    /// Writes one JSON object, indented, with `schemaVersion` added.
    func result(_ members: [String: JSONValue]) throws(FileError) {
        try write(JSONValue.object(members.merging(["schemaVersion": 1]) { $1 }).prettyBytes)
    }

    /// Writes one JSON object on a line of its own, with `schemaVersion` added.
    func event(_ members: [String: JSONValue]) throws(FileError) {
        try write(JSONValue.object(members.merging(["schemaVersion": 1]) { $1 }).compactBytes + [0x0A])
    }
}

/// A standard stream of the process.
package struct DescriptorOutput: OutputTarget {
    private let descriptor: OwnedDescriptor

    /// Uses a descriptor, which stays open.
    package init(_ raw: CInt, name: String) throws(FileError) {
        descriptor = try OwnedDescriptor.writing(to: raw, path: name)
    }

    package func write(_ bytes: [UInt8]) throws(FileError) {
        do {
            try bytes.withUnsafeBytes { try descriptor.writeStream($0) }
        } catch let error as FileError {
            throw error
        } catch {
            // Interrupted while the reader took nothing; the command ends with the status of the signal.
            throw FileError(.outputClosed, "\(descriptor.path) is not read")
        }
    }
}
