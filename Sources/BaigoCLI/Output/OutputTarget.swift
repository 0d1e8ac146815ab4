// SPDX-License-Identifier: Apache-2.0

package import BaigoCore

/// Where text for a person or a script goes.
package protocol OutputTarget: Sendable {
    /// Writes bytes at once.
    ///
    /// - Throws: `FileError`, code `outputClosed`, when the reader went away.
    func write(_ bytes: [UInt8]) throws(FileError)
}

extension OutputTarget {
    /// Writes a text and an LF.
    func line(_ text: String) throws(FileError) { try write(Array((text + "\n").utf8)) }

    /// Writes a text as it is.
    func text(_ text: String) throws(FileError) { try write(Array(text.utf8)) }

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

    /// Uses a duplicate of a descriptor.
    package init(_ raw: CInt, name: String) throws(FileError) {
        descriptor = try OwnedDescriptor.duplicating(raw, path: name)
    }

    package func write(_ bytes: [UInt8]) throws(FileError) {
        var failure: FileError?
        bytes.withUnsafeBytes { buffer in
            do throws(FileError) { try descriptor.writeStream(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
