// SPDX-License-Identifier: Apache-2.0

internal import BaigoCore
internal import BundleKit

/// A file of the audit log that was closed.
package struct AuditRotation: Sendable {
    /// Its name in the folder `audit`; `nil` where there was nothing to close.
    package let closed: String?
    /// Lines in it.
    package let lines: Int64
    /// The last line of the log: the first one of the new file.
    package let head: AuditHead
}

extension ModelStore {
    /// Closes the file of the audit log, which goes on in a new one.
    ///
    /// - Parameter wait: How long to wait for another writer.
    /// - Returns: What was closed; nothing where there is no store, or no line since the last time.
    /// - Throws: `FileError`; `StoreError`, code `auditBroken`.
    package func rotateAudit(wait: Duration = .zero) throws -> AuditRotation {
        guard try home.reading() != nil else { return AuditRotation(closed: nil, lines: 0, head: try .empty) }
        let writing = try WritingHome(home, context: context, purpose: "audit rotate", waiting: wait)
        let closed = try writing.audit.rotate()
        return AuditRotation(
            closed: closed?.name, lines: closed.map { $0.last - $0.first + 1 } ?? 0, head: writing.audit.head)
    }
}
