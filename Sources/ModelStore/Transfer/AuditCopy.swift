// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Carries the audit log of a store over to a copy of it, byte for byte.
struct AuditCopy {
    private static let blockBytes = 1 << 20

    let source: Folder
    let target: CopyTarget

    /// Appends to the copy's log what the source's has more.
    ///
    /// - Throws: `StoreError`, code `otherStore`, where the copy's log does not begin the source's: it was used itself;
    ///   `FileError`.
    func run() throws {
        guard try source.status(of: AuditWriter.fileName) != nil else { return }
        let from = try source.file(reading: AuditWriter.fileName)
        let to = try target.audit.file(appending: AuditWriter.fileName)
        let size = try from.status().size
        let present = try to.status().size
        var fileOffset: Int64 = 0
        while fileOffset < present {
            let count = Int(min(Int64(Self.blockBytes), present - fileOffset))
            let bytes = try to.bytes(at: fileOffset, count: count)
            guard bytes == (try from.bytes(at: fileOffset, count: count)) else { throw diverged() }
            fileOffset += Int64(bytes.count)
        }
        guard present <= size else { throw diverged() }
        while fileOffset < size {
            let bytes = try from.bytes(at: fileOffset, count: Int(min(Int64(Self.blockBytes), size - fileOffset)))
            try bytes.withUnsafeBytes { try to.writeStream($0) }
            fileOffset += Int64(bytes.count)
        }
        try to.sync()
        try target.audit.sync()
    }

    private func diverged() -> StoreError {
        StoreError(
            .otherStore, "the copy in \(target.root.path.escapedForOneLine) has been changed by itself since",
            hint: "It is a store of its own now; name a new or an empty folder.")
    }
}
