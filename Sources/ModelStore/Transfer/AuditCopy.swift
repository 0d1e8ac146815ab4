// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore

/// Carries the audit log of a store over to a copy of it, byte for byte.
struct AuditCopy {
    private static let blockBytes = 1 << 20

    let source: Folder
    let target: CopyTarget

    /// Adds to the copy's log what the source's has more, in the same files.
    ///
    /// - Throws: `StoreError`, code `otherStore`, where the copy's log does not begin the source's: it was used itself;
    ///   `FileError`.
    func run() throws {
        let parts = try AuditFiles(in: source).parts
        let present = Set(try AuditFiles.closed(in: target.audit))
        guard present.isSubset(of: parts.compactMap(\.closed)) else { throw diverged() }
        for part in parts {
            if let closed = part.closed, present.contains(closed) {
                let copy = try target.audit.file(reading: closed.name)
                let size = try part.file.status().size
                guard try copy.status().size == size else { throw diverged() }
                try compare(part.file, copy, count: size)
                continue
            }
            // What the copy has written so far is the beginning of this file.
            try extend(try target.audit.file(appending: AuditFiles.openName), like: part.file)
            guard let closed = part.closed else { continue }
            try target.audit.rename(AuditFiles.openName, toNew: closed.name, in: target.audit)
            try target.audit.sync()
        }
        try target.audit.sync()
    }

    private func extend(_ to: OwnedDescriptor, like from: OwnedDescriptor) throws {
        let size = try from.status().size
        let present = try to.status().size
        guard present <= size else { throw diverged() }
        try compare(from, to, count: present)
        var fileOffset = present
        while fileOffset < size {
            let bytes = try from.bytes(at: fileOffset, count: Int(min(Int64(Self.blockBytes), size - fileOffset)))
            guard !bytes.isEmpty else { break }
            try bytes.withUnsafeBytes { try to.append($0) }
            fileOffset += Int64(bytes.count)
        }
        try to.sync()
    }

    private func compare(_ one: OwnedDescriptor, _ other: OwnedDescriptor, count: Int64) throws {
        var fileOffset: Int64 = 0
        while fileOffset < count {
            try Task.checkCancellation()
            let size = Int(min(Int64(Self.blockBytes), count - fileOffset))
            guard try one.bytes(at: fileOffset, count: size) == other.bytes(at: fileOffset, count: size) else {
                throw diverged()
            }
            fileOffset += Int64(size)
        }
    }

    private func diverged() -> StoreError {
        StoreError(
            .otherStore, "the copy in \(target.root.path.escapedForOneLine) has been changed by itself since",
            hint: "It is a store of its own now; name a new or an empty folder.")
    }
}
